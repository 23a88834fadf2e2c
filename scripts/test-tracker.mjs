// `npm run test:tracker`: what of the tracker's tests takes too long for `npm test`. Runs on Node 20 from a fresh clone.
import { ensureInstalled, reexec } from "./bootstrap.mjs";

try {
  await ensureInstalled();
  await reexec("scripts/run-tracker-tests.ts", process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
