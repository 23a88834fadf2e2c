// npm run test:devices: the builds, then old engines, Firefox and the TV app in real browsers.
import { ensureInstalled, reexec } from "./bootstrap.mjs";

try {
  await ensureInstalled();
  await reexec("scripts/run-tests.ts", ["build", "packages", "devices"]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
