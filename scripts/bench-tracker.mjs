// npm run bench:tracker: our tracker beside bittorrent-tracker's; see bench/tracker. Runs on Node 20 from a fresh clone.
import { ensureInstalled, reexec } from "./bootstrap.mjs";

try {
  await ensureInstalled();
  await reexec("bench/tracker/main.ts", process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
