// `npm test`: installs what is missing, then runs every check and test. Begins on Node 20 built-ins.
import { ensureInstalled, reexec } from "./bootstrap.mjs";

try {
  await ensureInstalled();
  await reexec("scripts/run-tests.ts", process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
}
