import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { OriginCounts } from "@shoal/origin";
import { viewerIdentity } from "../page/names.ts";
import type { ViewerReport } from "../page/viewer-report.ts";
import { Audience, type Seat } from "./audience.ts";
import type { HeadlessOptions } from "./options.ts";
import type { Services } from "./services.ts";
import { measureStartUps } from "./start-up.ts";
import { type RunRecord, sourceBytes, summarise } from "./summary.ts";
import { summaryText } from "./summary-text.ts";
import { LiveText, tableText } from "./table.ts";

/** Viewers join so far apart, milliseconds. */
const JOIN_EVERY_MS = 1_500;
/** After the last join a viewer fills its buffer and meets the others; then the run is steady. */
const SETTLE_MS = 10_000;
const LOOK_MS = 1_000;
/** Nothing in flight for so long: both counts of CDN bytes can be compared. */
const QUIET_MS = 600;
const QUIET_WITHIN_MS = 8_000;

/** Runs viewers without a window and prints what they did. @returns whether the run passed */
export async function runHeadless(options: HeadlessOptions, services: Services, signal: AbortSignal): Promise<boolean> {
  const { origin, tracker } = services;
  const { stream, startUps, players } = options;
  const [player = "hls"] = players;
  const audience = await Audience.open(origin.url);
  // Ctrl-C in the middle of whatever is awaited: without its browser everything below ends at once.
  signal.addEventListener("abort", () => void audience.close(), { once: true });
  try {
    const measure = (pairs: number) => measureStartUps(audience, { pairs, stream, player, tracker: tracker.url });
    if (startUps > 0) console.log(`Start-up: plain ${player}.js and Shoal alternately, ${startUps} of each …`);
    const before = await measure(Math.ceil(startUps / 2));
    origin.resetCounts();
    console.log(`${options.viewers} viewers of the ${stream === "live" ? "live stream" : "video"} join …\n`);
    const run = await watch(options, services, audience, signal);
    const after = await measure(Math.floor(startUps / 2));
    const all = { plain: [...before.plain, ...after.plain], shoal: [...before.shoal, ...after.shoal] };
    const summary = summarise({ ...run, stream, players, startUps: all });
    console.log(`\n${summaryText(summary)}`);
    if (options.jsonFile !== null) {
      await writeFile(options.jsonFile, `${JSON.stringify({ ...summary, reports: run.viewers }, null, 2)}\n`);
    }
    return summary.faults.length === 0;
  } finally {
    await audience.close();
  }
}

async function watch(
  { viewers, seconds, stream, players }: HeadlessOptions,
  { origin, tracker }: Services,
  audience: Audience,
  signal: AbortSignal,
): Promise<Pick<RunRecord, "viewers" | "counts" | "steadyFrom">> {
  const seats: Seat[] = [];
  const live = new LiveText(process.stdout);
  const beganMs = performance.now();
  const endMs = beganMs + seconds * 1000;
  const steadyAtMs = beganMs + (viewers - 1) * JOIN_EVERY_MS + SETTLE_MS;
  let steadyFrom: RunRecord["steadyFrom"] = null;
  const reportAll = () => Promise.all(seats.map((seat) => seat.report()));
  while (performance.now() < endMs && !signal.aborted) {
    const nowMs = performance.now();
    if (seats.length < viewers && nowMs >= beganMs + seats.length * JOIN_EVERY_MS) {
      const player = players[seats.length % players.length] ?? "hls";
      seats.push(await audience.seat({ ...viewerIdentity(seats.length), stream, player, tracker: tracker.url }));
    }
    const reports = await reportAll();
    live.show(tableText(reports, (endMs - performance.now()) / 1000));
    if (steadyFrom === null && nowMs >= steadyAtMs) {
      steadyFrom = { bytes: sourceBytes(reports.filter((report) => report !== null)), counts: origin.counts() };
    }
    const nextJoinMs = seats.length < viewers ? beganMs + seats.length * JOIN_EVERY_MS : Number.POSITIVE_INFINITY;
    await sleep(Math.max(0, Math.min(nowMs + LOOK_MS, nextJoinMs, endMs) - performance.now()));
  }
  signal.throwIfAborted();
  const last = await whenQuiet(reportAll, () => origin.counts());
  for (const seat of seats) await seat.leave();
  return { ...last, steadyFrom };
}

/** Reads both sides' counts at a moment when no segment is under way, if such a moment comes. */
async function whenQuiet(
  reportAll: () => Promise<readonly (ViewerReport | null)[]>,
  countAll: () => OriginCounts,
): Promise<{ readonly viewers: readonly (ViewerReport | null)[]; readonly counts: OriginCounts }> {
  const giveUpMs = performance.now() + QUIET_WITHIN_MS;
  for (;;) {
    const counts = countAll();
    await sleep(QUIET_MS);
    const viewers = await reportAll();
    const still = countAll().viewers.bytes === counts.viewers.bytes;
    if (still || performance.now() > giveUpMs) return { viewers, counts: countAll() };
  }
}
