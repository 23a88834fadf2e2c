import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createLog } from "@shoal/sealer";
import { expect, it } from "vitest";
import { readOperatorConfig } from "../steering/operator-config.ts";
import { Gate } from "./gate.ts";
import { readTenantKeys } from "./token-keys.ts";

const page = readFileSync(new URL("../../../../docs/security.md", import.meta.url), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map((match) => match[1] ?? "");

it("the example that mints a token mints one that the example's keys take", async () => {
  const [code = ""] = blocks("js");
  const keys = JSON.parse(blocks("json")[0] ?? "");
  // The second key is written with dots for its point.
  const tokenKeys = JSON.stringify({ "my-channel": keys["my-channel"].slice(0, 1) });
  const server = fileURLToPath(new URL("../..", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { cwd: server });
  await readTenantKeys(tokenKeys);
  const gate = await Gate.open({ open: false, tenant: "", tokenKeys }, createLog("tracker", "silent"));
  const visit = await gate.check({ token: stdout.trim(), contentId: "live/final" }, Date.now());
  expect(visit).toMatchObject({ ok: true, value: { tenant: "my-channel", claims: { contents: ["live/*"] } } });
  expect(visit.ok && visit.value.claims?.tokenId).toMatch(/^[0-9a-f-]{36}$/);
});

it("the example of a configuration is one", () => {
  expect(readOperatorConfig(JSON.parse(blocks("json")[1] ?? ""))).toMatchObject({ ok: true });
});
