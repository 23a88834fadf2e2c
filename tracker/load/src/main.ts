import { writeFileSync } from "node:fs";
import { Crowds } from "./crowds.ts";
import { LoadOptionsError, readLoadOptions, USAGE } from "./options.ts";
import { type OwnTracker, startOwnTracker } from "./own-tracker.ts";
import { PROFILES } from "./profile.ts";
import { describe, summarise } from "./summary.ts";
import { readTrackerUse } from "./tracker-gauge.ts";

/** Sockets of one process: a usual limit of open files is 20,000 or more only where an operator raised it. */
const MOST_PER_PROCESS = 15_000;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) return void process.stdout.write(`${USAGE}\n`);
  const options = readLoadOptions(args);
  const own = options.url === null ? await startOwnTracker(OWN_TRACKER) : null;
  const url = options.url ?? own?.url ?? "";
  const stopping = (): void => void own?.stop().then(() => process.exit(130));
  process.once("SIGINT", stopping);
  process.once("SIGTERM", stopping);
  try {
    await run(options, url, own);
  } finally {
    await own?.stop();
  }
}

const OWN_TRACKER = {
  SHOAL_MAX_SOCKETS: "1000000",
  SHOAL_MAX_SOCKETS_PER_ADDRESS: "1000000",
  SHOAL_JOINS_PER_SECOND: "0",
  SHOAL_LOG_LEVEL: "warn",
};

async function run(options: ReturnType<typeof readLoadOptions>, url: string, own: OwnTracker | null): Promise<void> {
  const metrics = `${url}/metrics`;
  const before = await readTrackerUse(metrics);
  const processes = Math.max(options.workers, Math.ceil(options.viewers / MOST_PER_PROCESS));
  const { viewers, rampMs, contentId, sdp, assigns, reconnectMs, token, isps } = options;
  const profile = PROFILES[options.profile];
  const crowds = new Crowds(
    { url, viewers, rampMs, contentId, sdp, assigns, reconnectMs, token, isps, profile, ispBy: "address" },
    processes,
  );
  const beganMs = performance.now();
  let died = false;
  void own?.ended.then(() => {
    died = true;
  });
  const progress = (phase: string): void => {
    const { joined, started, counts, refusals } = crowds.stats;
    const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0);
    const seconds = ((performance.now() - beganMs) / 1_000).toFixed(0);
    const line = `${phase} ${seconds} s: ${joined} joined of ${started} there, ${counts.pairs} pairs, ${refused} refused, ${counts.lost} lost`;
    process.stderr.write(process.stderr.isTTY ? `\r${line}  ` : `${line}\n`);
  };
  const wait = async (phase: string, ms: number, done: () => boolean): Promise<void> => {
    const untilMs = performance.now() + ms;
    while (performance.now() < untilMs && !done() && !died) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, Math.max(1, untilMs - performance.now()))));
      progress(phase);
    }
  };
  await wait("ramp", rampMs, () => false);
  await wait("settling", 10_000, () => crowds.stats.joined >= viewers);
  const ramped = {
    joins: (await crowds.latest()).counts.joins,
    seconds: (performance.now() - beganMs) / 1_000,
  };
  const use = await readTrackerUse(metrics);
  await wait("hold", options.holdMs, () => false);
  const stats = await crowds.latest();
  const after = await readTrackerUse(metrics);
  const summary = summarise(options, stats, { before, ramped: use, after }, ramped);
  await crowds.stop();
  process.stdout.write(`\n${describe(summary)}\n`);
  if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(summary, null, 2)}\n`);
  if (died) throw new LoadOptionsError("The tracker died under the load.");
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof LoadOptionsError ? 2 : 1;
});
