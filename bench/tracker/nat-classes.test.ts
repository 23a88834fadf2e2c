import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { HOMES, mappedPorts } from "./nat-classes.ts";

const lacks = ["ip", "tc", "nft", "unshare", "sysctl"].some(
  (tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0,
);
const mayLay = process.platform === "linux" && process.getuid?.() === 0 && !lacks;

it.skipIf(!mayLay)("real NATs are told apart by what two STUN ports see (needs root, iproute2, nftables)", async () => {
  const ports = await mappedPorts();
  const isSymmetric = ports.map(([first, second]) => first !== second);
  expect(Object.fromEntries(HOMES.map((nat, at) => [nat, isSymmetric[at]]))).toEqual({
    none: false,
    cone: false,
    symmetric: true,
  });
});
