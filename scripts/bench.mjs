// npm run bench: players side by side in real browsers; see bench/browsers. Runs on Node 20 from a fresh clone.
import { ensureInstalled, reexec } from "./bootstrap.mjs";

try {
  await ensureInstalled();
  await reexec("bench/browsers/main.ts", process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
