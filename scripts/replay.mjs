// npm run replay: a recorded audience under the matching as it is now; see bench/replay. Runs on Node 20 from a fresh clone.
import { ensureInstalled, reexec } from "./bootstrap.mjs";

try {
  await ensureInstalled();
  await reexec("bench/replay/main.ts", process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
