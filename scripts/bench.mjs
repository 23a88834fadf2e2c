// npm run bench: players side by side in real browsers; see bench/browsers. Runs on Node 20 from a fresh clone.
import { runCommand } from "./bootstrap.mjs";

await runCommand("bench/browsers/main.ts");
