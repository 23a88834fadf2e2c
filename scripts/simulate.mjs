// npm run simulate: many viewers under virtual time; see bench/simulator. Runs on Node 20 from a fresh clone.
import { totalmem } from "node:os";
import { ensureInstalled, reexec } from "./bootstrap.mjs";

try {
  await ensureInstalled();
  // Ten thousand viewers need more than Node takes by itself. The flags hold for its threads too.
  const mebibytes = Math.floor((0.7 * totalmem()) / 2 ** 20);
  process.env.NODE_OPTIONS =
    `${process.env.NODE_OPTIONS ?? ""} --max-old-space-size=${mebibytes} --max-semi-space-size=128`.trim();
  await reexec("bench/simulator/main.ts", process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
