import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, type Page, test } from "@playwright/test";

const program = fileURLToPath(new URL("../../examples/demo/src/main.ts", import.meta.url));
let demo: ChildProcess;
let address: string;

test.beforeAll(async () => {
  demo = spawn(process.execPath, ["--conditions=@shoal/source", program, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (!demo.stdout) throw new Error("The demo has no output to read its address from.");
  for await (const line of createInterface({ input: demo.stdout })) {
    const found = /http:\/\/\S+/.exec(line);
    if (!found) continue;
    address = found[0];
    return;
  }
  throw new Error("The demo ended before it said its address.");
});

test.afterAll(async () => {
  const ended = once(demo, "exit");
  if (demo.exitCode === null && demo.kill("SIGTERM")) await ended;
});

/** A figure beside the stage, megabytes. */
const megabytes = async (page: Page, term: string): Promise<number> =>
  Number.parseFloat((await page.locator("dt", { hasText: term }).locator("+ dd").textContent()) ?? "");

/** What the viewers' cards say they play with, sorted. */
const players = async (page: Page): Promise<readonly string[]> =>
  (await page.locator(".card .player").allTextContents()).sort();

test("the demo's page shows hls.js and dash.js in one swarm, and what goes from one to the other", async ({ page }) => {
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(address);
  await expect.poll(() => players(page), { timeout: 30_000 }).toEqual(Array(6).fill("hls.js"));
  await expect(page.locator("#facts")).not.toContainText("from hls.js to dash.js");

  await page.locator("#players").getByRole("button", { name: "Both" }).click();
  await expect
    .poll(() => players(page), { timeout: 30_000 })
    .toEqual([...Array(3).fill("dash.js"), ...Array(3).fill("hls.js")]);
  for (const way of ["from hls.js to dash.js", "from dash.js to hls.js"]) {
    await expect.poll(() => megabytes(page, way), { timeout: 60_000 }).toBeGreaterThan(0.2);
  }
  const crossed = (await megabytes(page, "from hls.js to dash.js")) + (await megabytes(page, "from dash.js to hls.js"));
  expect(crossed, "they are a part of the whole").toBeLessThanOrEqual(
    (await megabytes(page, "From other viewers")) + 0.1,
  );

  await page.locator("#players").getByRole("button", { name: "dash.js" }).click();
  await expect.poll(() => players(page), { timeout: 30_000 }).toEqual(Array(6).fill("dash.js"));
  await expect.poll(() => megabytes(page, "From other viewers"), { timeout: 60_000 }).toBeGreaterThan(0.2);
  await expect(page.locator("#facts")).not.toContainText("from hls.js to dash.js");
  expect(errors).toEqual([]);
});
