import { writeFileSync } from "node:fs";
import { readCommandLine, USAGE } from "./command-line.ts";
import { measure } from "./measures.ts";
import { controlOf, type SimulationOptions } from "./options.ts";
import { page } from "./page.ts";
import { type FinishedRun, simulate } from "./simulation.ts";
import { summary } from "./summary.ts";
import { simulateInThreads } from "./threads.ts";

/** Runs the same viewers with and without the mesh, and says what came of it. */
async function main(args: readonly string[]): Promise<void> {
  const command = readCommandLine(args);
  if (command === "help") return console.log(USAGE);
  const { options, threads, json, report } = command;
  const play = (played: SimulationOptions, sharing: boolean): Promise<FinishedRun> =>
    threads === 1
      ? simulate(played, sharing, progress(played))
      : simulateInThreads(played, sharing, progress(played), threads);
  const control = command.control ? measure(await play(controlOf(options), false)) : null;
  const begunMs = performance.now();
  const measures = measure(await play(options, true));
  const wallMs = performance.now() - begunMs;
  console.log(summary(measures, control, wallMs));
  if (json) writeFileSync(json, `${JSON.stringify({ wallMs, measures, control }, null, 1)}\n`);
  if (report) writeFileSync(report, page(measures, control, wallMs));
}

/** A line of progress on a terminal, nothing elsewhere. */
function progress({ seconds }: SimulationOptions): (nowMs: number) => void {
  if (!process.stderr.isTTY) return () => {};
  return (nowMs) => {
    process.stderr.write(`\r${Math.round(nowMs / 1000)} of ${seconds} s${nowMs >= seconds * 1000 ? "\n" : " "}`);
  };
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
