import { expect, it } from "vitest";
import { hasProgram } from "../../scripts/services.mjs";
import { natClasses } from "./nat-classes.ts";

const mayLay =
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  ["ip", "tc", "nft", "unshare", "sysctl"].every((tool) => hasProgram(tool));

it.skipIf(!mayLay)(
  "real NATs are told apart by what two STUN ports see, and by a viewer in Chromium (needs root, iproute2, nftables)",
  async () => {
    const found = await natClasses();
    const seen = found.map(({ nat, mappedPorts: [first, second], viewers }) => [nat, first === second, viewers]);
    expect(seen).toEqual([
      ["none", true, "cone"],
      ["cone", true, "cone"],
      ["symmetric", false, "symmetric"],
    ]);
  },
);
