// Where a Chromium is that plays H.264, and how it is to be started.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Flags for viewers that nobody looks at: played without a gesture, never slowed down, no traffic of the browser's own. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

const DEBIAN = "/usr/bin/chromium";

/** Path of a Chromium: `$SHOAL_CHROMIUM`, Debian's, Playwright's; installs one where there is none. Throws an Error. */
export async function findChromium() {
  const { SHOAL_CHROMIUM: named } = process.env;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`SHOAL_CHROMIUM names ${named}, but there is no such file.`);
  }
  if (existsSync(DEBIAN)) return DEBIAN;
  const { chromium } = await import("playwright");
  if (existsSync(chromium.executablePath())) return chromium.executablePath();
  console.error("No Chromium here: installing Playwright's …");
  run("npx", "playwright", "install", "chromium");
  if (existsSync(chromium.executablePath())) return chromium.executablePath();
  if (process.getuid?.() === 0) {
    console.error("That did not work: installing Debian's …");
    run("apt-get", "update", "-qq");
    run("apt-get", "install", "-y", "-qq", "chromium");
    if (existsSync(DEBIAN)) return DEBIAN;
  }
  throw new Error(
    "No Chromium was found and none could be installed: name one with SHOAL_CHROMIUM=/path/to/chromium, or install it with `npx playwright install --with-deps chromium`.",
  );
}

function run(command, ...args) {
  spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
}
