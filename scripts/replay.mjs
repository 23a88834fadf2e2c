// npm run replay: a recorded audience under the matching as it is now; see bench/replay. Runs on Node 20 from a fresh clone.
import { runCommand } from "./bootstrap.mjs";

await runCommand("bench/replay/main.ts");
