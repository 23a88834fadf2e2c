// npm run test:devices: the builds, then old engines, Firefox and the TV app in real browsers.
import { runCommand } from "./bootstrap.mjs";

await runCommand("scripts/run-tests.ts", ["build", "packages", "devices"]);
