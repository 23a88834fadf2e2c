import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "../fixture/index.ts";

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const files = ["packages/dash/dist/shoal-dash.js", "packages/dash/dist/shoal-mesh.js"];

let out: string;
test.beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "dash-page-"));
});
test.afterEach(() => rmSync(out, { recursive: true, force: true }));

test("the example page of dash.js plays, shares, and says how much", async ({ startSwarm, page }) => {
  const swarm = await startSwarm({ origin: { pages: [{ mount: "/example", dir: out }] } });
  for (const file of files) copyFileSync(at(file), join(out, file.slice(file.lastIndexOf("/") + 1)));
  copyFileSync(at("node_modules/dashjs/dist/modern/umd/dash.all.min.js"), join(out, "dash.all.min.js"));
  const here = readFileSync(at("examples/dash/index.html"), "utf8")
    .replace("https://cdn.example/", `${swarm.origin.url}/`)
    .replace("https://tracker.example", swarm.tracker.url);
  writeFileSync(join(out, "index.html"), here);
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  await swarm.open({ manifest: "/live/master.mpd" });
  await page.goto(`${swarm.origin.url}/example/index.html`);
  await expect(page.locator("#status")).toHaveText(/^[1-9]\d? % from 1 viewers$/, { timeout: 40_000 });
  expect(await page.evaluate(() => document.querySelector("video")?.currentTime)).toBeGreaterThan(0);
  expect(errors).toEqual([]);
});
