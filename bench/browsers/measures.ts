import type { PageLoad } from "./audience.ts";
import { joinBytes, offloads } from "./byte-measures.ts";
import type { RunRecord, SeatRecord } from "./run-record.ts";
import { mean, median, percent, ratio, sum } from "./statistics.ts";
import { growth, type Span, stalledMs, within } from "./windows.ts";
import { newsDelays } from "./wire-measures.ts";

/** The figures of one run. null: this player, or this scenario, has none. */
export type Measures = { readonly [Name in MeasureName]: number | null };

/** Every figure, in the order of tables: what it is called, its unit, and what it is. */
export const MEASURES = {
  offloadSteady: ["offload, steady", "%", "1 - CDN bytes (origin) / bytes handed to the players"],
  offloadLimit: ["  its limit", "%", "one copy for all viewers; behind symmetric NAT one for each"],
  offloadViewers: ["  counted by the viewers", "%", "1 - CDN bytes (viewers) / bytes handed to the players, steady"],
  offloadWhole: ["  whole run", "%", "the same with all joins"],
  countsDiffer: ["  origin and viewers differ", "%", "in CDN bytes of the whole run"],
  copiesSteady: ["CDN copies a segment, steady", "", "mean over segments first asked for when steady"],
  copiesWeighted: ["  by bytes", "", "the same segments: CDN bytes to viewers / bytes of one copy of each"],
  copiesWhole: ["  joins included", "", "mean over all segments"],
  joinMegabytes: ["CDN bytes a join", "MB", "mean of what the origin sent a viewer in its first 20 s"],
  sealerMegabytes: ["sealer's reads, apart", "MB", "media bytes that the origin sent the sealer"],
  latencyS: ["live latency", "s", "mean, steady"],
  stalls: ["stalls", "", "of all viewers"],
  stallS: ["stalled", "s", "of all viewers together"],
  stallInTroubleS: ["  while the CDN fails", "s", "of all viewers together"],
  stallAfterTroubleS: ["  after it", "s", "of all viewers together"],
  stallSparedS: ["  viewers that it spared", "s", "of all that the fault did not hit, whole run"],
  dead: ["viewers dead at the end", "", "no picture moved in the last 5 s, or none ever"],
  errors: ["viewers with a fatal error", "", ""],
  kbps: ["bitrate played, steady", "kbit/s", "mean of the rendition's average"],
  kbpsBeforeTrouble: ["  before the trouble", "kbit/s", ""],
  kbpsInTrouble: ["  in it", "kbit/s", "from 8 s after it began to its end"],
  startUpMs: ["start-up, median", "ms", "from opening the page to the first moving picture"],
  startUpMostMs: ["  longest", "ms", ""],
  busiest: ["busiest uploader / mean", "", "bytes sent, steady"],
  sameIsp: ["same-ISP share of peer bytes", "%", "at the viewers that were there at the end"],
  announcementMs: ["piece held until a neighbour knows, median", "ms", "pieces that came from neighbours, steady"],
  announcement95Ms: ["  95 % within", "ms", ""],
  sealMs: ["publication to seal, median", "ms", "segments that became listed when steady"],
  seal95Ms: ["  95 % within", "ms", ""],
  unplayed: ["received and never played", "%", "of what was handed to the players"],
  mainThread: ["main thread busy", "%", "mean over viewers, steady"],
  mainThreadCpu: ["  its CPU", "%", "the same without waits for a core"],
  heapMegabytes: ["JavaScript heap", "MB", "mean over viewers, at the end"],
  browserCpu: ["browser CPU a viewer", "%", "of one core, all of Chromium's processes, steady"],
  neighbours: ["connections a viewer", "", "mean, at the end"],
  idle: ["machine idle", "%", "of all cores, steady; near 0 nothing above can be believed"],
} as const satisfies Readonly<Record<string, readonly [string, string, string]>>;
export type MeasureName = keyof typeof MEASURES;

const ADAPTED_MS = 8_000;
const LAST_MS = 5_000;

/** @param run as it was noted */
export function measure(run: RunRecord): Measures {
  const { seats, trouble, steadyMs, endMs, beganMs } = run;
  const whole: Span = { fromMs: beganMs, toMs: Math.max(endMs, ...seats.map(({ leftMs }) => leftMs)) };
  const steady: Span = { fromMs: steadyMs, toMs: endMs };
  const pages = seats.flatMap(({ page }) => page ?? []);
  const stalled = (span: Span, some: readonly SeatRecord[] = seats): number =>
    sum(some.map(({ page }) => (page ? stalledMs(page.stalls, span) : 0))) / 1000;
  const kbps = (span: Span): number | null =>
    mean(seats.flatMap(({ page }) => within(page?.samples ?? [], span).flatMap((sample) => sample.kbps ?? [])));
  const startUps = pages.flatMap(({ startUpMs }) => startUpMs ?? []);
  const busy = seats.flatMap(({ loads }) => (loads ? busyShare(loads, ({ taskS }) => taskS) : []));
  const worked = seats.flatMap(({ loads }) => (loads ? busyShare(loads, ({ threadS }) => threadS) : []));
  const heaps = seats.flatMap(({ loads }) => (loads ? loads[1].heapBytes / 1e6 : []));
  return {
    ...offloads(run, whole, steady),
    ...newsDelays(run),
    joinMegabytes: joinBytes(run),
    sealerMegabytes: run.player === "shoal" ? run.counts.sealer.bytes / 1e6 : null,
    latencyS: mean(pages.flatMap(({ samples }) => within(samples, steady).flatMap(({ latencyS }) => latencyS ?? []))),
    stalls: sum(pages.map(({ stalls }) => stalls.length)),
    stallS: stalled(whole),
    stallInTroubleS: trouble && stalled(trouble),
    stallAfterTroubleS: trouble && stalled({ fromMs: trouble.toMs, toMs: whole.toMs }),
    stallSparedS:
      trouble && seats.some(({ hit }) => !hit)
        ? stalled(
            whole,
            seats.filter(({ hit }) => !hit),
          )
        : null,
    dead: seats.filter((seat) => seat.leftMs >= endMs && isDead(seat)).length,
    errors: pages.filter(({ errors }) => errors.some((error) => error.startsWith("fatal"))).length,
    kbps: kbps(steady),
    kbpsBeforeTrouble: trouble && kbps({ fromMs: steadyMs, toMs: trouble.fromMs }),
    kbpsInTrouble: trouble && kbps({ fromMs: trouble.fromMs + ADAPTED_MS, toMs: trouble.toMs }),
    startUpMs: median(startUps),
    startUpMostMs: startUps.length === 0 ? null : Math.max(...startUps),
    busiest: busiestToMean(seats, steady),
    sameIsp: run.scenario.isps > 1 ? sameIspShare(seats) : null,
    mainThread: percent(mean(busy)),
    mainThreadCpu: percent(mean(worked)),
    heapMegabytes: mean(heaps),
    browserCpu: percent(browserCpu(run)),
    neighbours: mean(pages.flatMap(({ neighbours }) => neighbours ?? [])),
    idle: percent(run.idleShare),
  };
}

/** Where viewers leave, the processes that they take with them take their count along. */
function browserCpu({ browserCpuS, scenario, steadyMs, endMs, viewers }: RunRecord): number | null {
  if (browserCpuS === null || scenario.replaceEveryMs !== null) return null;
  return browserCpuS / ((endMs - steadyMs) / 1000) / viewers;
}

function busyShare([first, last]: NonNullable<SeatRecord["loads"]>, seconds: (load: PageLoad) => number): number {
  return ((seconds(last) - seconds(first)) * 1000) / (last.atMs - first.atMs);
}

function isDead({ page, leftMs }: SeatRecord): boolean {
  if (page === null || page.startUpMs === null) return true;
  const late = within(page.samples, { fromMs: leftMs - LAST_MS - 1_000, toMs: leftMs + 1_000 });
  return new Set(late.map(({ playheadS }) => playheadS)).size <= 1;
}

function busiestToMean(seats: readonly SeatRecord[], steady: Span): number | null {
  const sent = seats.flatMap(({ page }) => growth(page?.samples ?? [], steady, ({ sentBytes }) => sentBytes) ?? []);
  return sent.length === 0 ? null : ratio(Math.max(...sent), mean(sent) ?? 0);
}

function sameIspShare(seats: readonly SeatRecord[]): number | null {
  const known = seats.flatMap(({ page }) => {
    const last = page?.samples.at(-1);
    return page?.sameIspBytes == null || last?.peerBytes == null
      ? []
      : { same: page.sameIspBytes, all: last.peerBytes };
  });
  return percent(ratio(sum(known.map(({ same }) => same)), sum(known.map(({ all }) => all))));
}
