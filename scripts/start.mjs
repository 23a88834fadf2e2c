// npm start: the demo. Runs on Node 20 from a fresh clone; see examples/demo for what it does.
import { ensureInstalled, reexec } from "./bootstrap.mjs";

try {
  await ensureInstalled();
  await reexec("examples/demo/src/main.ts", process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
