// npm run load: a crowd of viewers for a tracker; see tracker/load. Runs on Node 20 from a fresh clone.
import { runCommand } from "./bootstrap.mjs";

await runCommand("tracker/load/src/main.ts");
