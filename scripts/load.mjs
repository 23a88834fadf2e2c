// npm run load: a crowd of viewers for a tracker; see tracker/load. Runs on Node 20 from a fresh clone.
import { ensureInstalled, reexec } from "./bootstrap.mjs";

try {
  await ensureInstalled();
  await reexec("tracker/load/src/main.ts", process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
