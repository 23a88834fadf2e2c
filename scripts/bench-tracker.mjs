// npm run bench:tracker: our tracker beside bittorrent-tracker's; see bench/tracker. Runs on Node 20 from a fresh clone.
import { runCommand } from "./bootstrap.mjs";

await runCommand("bench/tracker/main.ts");
