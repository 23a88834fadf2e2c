import { type Distances, distances } from "./distances.ts";
import type { SimulationOptions } from "./options.ts";
import { type PersonsLoad, type SegmentCopies, segmentCopies } from "./segment-copies.ts";
import type { FinishedRun } from "./simulation.ts";
import { type Moment, type Spread, spreadOf } from "./spread.ts";
import { fairness, mean, quantile, sum } from "./statistics.ts";
import { measureSteady, type Steady } from "./steady.ts";
import type { ViewerRecord } from "./viewer.ts";
import { faultWindows, stretches, type Window } from "./windows.ts";

/** Everything measured in one run. Bytes are media bytes. */
export interface Measures {
  readonly options: SimulationOptions;
  /** From here on joins do not count, milliseconds. */
  readonly steadyMs: number;
  readonly steady: Steady;
  readonly whole: { readonly playedBytes: number; readonly cdnBytes: number; readonly offload: number };
  /** What a viewer took from the CDN in its first 20 s, bytes, on average. */
  readonly cdnBytesPerJoin: number;
  /** Before, during and after what goes wrong, and the whole run ten seconds at a time. */
  readonly fault: readonly Window[];
  readonly stretches: readonly Window[];
  /** What the CDN sent, second by second, bytes. */
  readonly cdnPerSecond: readonly number[];
  readonly peerBytes: number;
  readonly wastedBytes: number;
  /** Played although a liar made them up. Must be 0. */
  readonly wrongBytes: number;
  /** Sent by liars, or by those who believed them. */
  readonly falseBytes: number;
  /** How segments spread, steady, and how it stood second by second. */
  readonly spread: Spread;
  readonly moments: readonly Moment[];
  readonly sealerBytes: number;
  readonly controlBytes: number;
  readonly stalls: number;
  readonly stallMs: number;
  readonly skipped: number;
  readonly abandoned: number;
  readonly failures: number;
  readonly startupMs: { readonly median: number; readonly p95: number };
  /** From a segment's publication until the tracker has its seal, steady. */
  readonly sealDelayMs: { readonly median: number; readonly p95: number };
  readonly neighbours: {
    readonly mean: number;
    readonly p10: number;
    readonly sameIspShare: number;
    /** How many viewers have so many, from none on. */
    readonly histogram: readonly number[];
    readonly distances: Distances;
  };
  readonly sameIspShare: number;
  readonly upload: Upload;
  readonly hops: Hops;
  readonly convicted: number;
  /** Of these, of viewers that never lied themselves. */
  readonly convictedInnocents: number;
  readonly frames: readonly number[];
  readonly segments: readonly SegmentCopies[];
  readonly events: number;
}

/** How what is sent is spread over those who give. */
export interface Upload {
  readonly busiestToMean: number;
  /** Jain's index. */
  readonly fairness: number;
  readonly usedUplink: { readonly median: number; readonly p95: number };
  /** Sent by each viewer that gives, bytes, most first. */
  readonly bytes: readonly number[];
}

/** Through how many viewers bytes passed before they were played; 0 straight from the CDN. */
export interface Hops {
  readonly bytes: readonly number[];
  readonly mean: number;
  readonly p95: number;
}

/** Joins have settled so long after the last one. */
const SETTLED_MS = 20_000;
/** A segment is played, or given up, so long after it came to be. */
export const PLAYED_MS = 13_000;

/** Measures a run. */
export function measure(run: FinishedRun): Measures {
  const { options, viewers, endMs, traffic } = run;
  const steadyMs = run.lastJoinMs + SETTLED_MS;
  const stats = viewers.map((viewer) => viewer.stats);
  const loads = viewers.flatMap(({ loads, person }): PersonsLoad[] => loads.map((load) => ({ ...load, person })));
  const segments = segmentCopies(run, loads);
  const playedMs = Math.max(PLAYED_MS, options.latencyMs + 1_000);
  const steady = segments.filter(({ publishedMs }) => publishedMs >= steadyMs && publishedMs <= endMs - playedMs);
  const playedBytes = sum(viewers.map((viewer) => viewer.playedBytes));
  const cdnBytes = sum(run.requests.map(({ bytes }) => bytes));
  const startups = viewers.flatMap(({ startupMs }) => startupMs ?? []);
  const sealDelays = run.sealDelays.filter(({ publishedMs }) => publishedMs >= steadyMs).map(({ delayMs }) => delayMs);
  return {
    options,
    steadyMs,
    steady: measureSteady(run, steady, loads),
    whole: { playedBytes, cdnBytes, offload: 1 - cdnBytes / Math.max(1, playedBytes) },
    cdnBytesPerJoin: cdnBytesPerJoin(run),
    fault: faultWindows(run, loads, steadyMs),
    stretches: stretches(run, loads),
    cdnPerSecond: run.egress.perSecond(Math.floor(endMs / 1000)),
    peerBytes: sum(stats.map((one) => one.peerBytes)),
    wastedBytes: sum(stats.map((one) => one.wastedBytes)),
    wrongBytes: sum(viewers.map(({ wrongBytes }) => wrongBytes)),
    falseBytes: traffic?.falsePieceBytes ?? 0,
    spread: spreadOf(
      run.moments.filter(({ atMs }) => atMs >= steadyMs),
      run.stream,
    ),
    moments: run.moments,
    sealerBytes: run.sealerBytes,
    controlBytes: traffic?.controlBytes ?? 0,
    stalls: sum(viewers.map(({ stalls }) => stalls)),
    stallMs: Math.round(sum(viewers.map(({ stallMs }) => stallMs))),
    skipped: sum(viewers.map(({ skipped }) => skipped)),
    abandoned: sum(viewers.map(({ abandoned }) => abandoned)),
    failures: sum(viewers.map(({ failures }) => failures)),
    startupMs: { median: quantile(startups, 0.5), p95: quantile(startups, 0.95) },
    sealDelayMs: { median: quantile(sealDelays, 0.5), p95: quantile(sealDelays, 0.95) },
    neighbours: neighboursOf(run, stats),
    sameIspShare: traffic ? traffic.sameIspPieceBytes / Math.max(1, traffic.pieceBytes) : 0,
    upload: uploadOf(run, stats),
    hops: hopsOf(run, playedBytes),
    convicted: sum(stats.map((one) => one.convicted)),
    convictedInnocents: convictedInnocents(run),
    frames: traffic?.frames ?? [],
    segments,
    events: run.events,
  };
}

function cdnBytesPerJoin({ requests, viewers }: FinishedRun): number {
  const early = requests.filter(({ person, atMs }) => atMs < person.joinMs + SETTLED_MS);
  return Math.round(sum(early.map(({ bytes }) => bytes)) / Math.max(1, viewers.length));
}

function neighboursOf({ viewers }: FinishedRun, stats: readonly ViewerRecord["stats"][]): Measures["neighbours"] {
  const present = stats.filter((_, at) => viewers[at]?.gone === false);
  const people = viewers.filter(({ gone }) => !gone).map(({ person }) => person.peerId);
  const places = new Map(people.map((peerId, at) => [peerId, at]));
  const counts = present.map((one) => one.neighbours.length);
  const histogram = new Array<number>(Math.max(0, ...counts) + 1).fill(0);
  for (const count of counts) histogram[count] = (histogram[count] ?? 0) + 1;
  return {
    mean: mean(counts),
    p10: quantile(counts, 0.1),
    sameIspShare: mean(present.flatMap((one) => one.neighbours.map(({ sameIsp }) => (sameIsp ? 1 : 0)))),
    histogram,
    distances: distances(present.map((one) => one.neighbours.flatMap(({ peerId }) => places.get(peerId) ?? []))),
  };
}

function uploadOf({ viewers, endMs }: FinishedRun, stats: readonly ViewerRecord["stats"][]): Upload {
  const sent: number[] = [];
  const used: number[] = [];
  viewers.forEach(({ person }, at) => {
    if (!person.uploads) return;
    const bytes = stats[at]?.uploadedBytes ?? 0;
    const presentMs = Math.max(1, Math.min(endMs, person.leaveMs ?? endMs) - person.joinMs);
    sent.push(bytes);
    used.push((bytes * 8000) / (person.uplinkBps * presentMs));
  });
  return {
    busiestToMean: Math.max(0, ...sent) / Math.max(1, mean(sent)),
    fairness: fairness(sent),
    usedUplink: { median: quantile(used, 0.5), p95: quantile(used, 0.95) },
    bytes: sent.toSorted((a, b) => b - a),
  };
}

function convictedInnocents({ viewers }: FinishedRun): number {
  const liars = new Set(viewers.filter(({ lied }) => lied).map(({ person }) => person.peerId));
  return sum(viewers.map(({ convicted }) => convicted.filter((peerId) => !liars.has(peerId)).length));
}

function hopsOf({ viewers }: FinishedRun, playedBytes: number): Hops {
  const bytes: number[] = [0];
  for (const { bytesByHops } of viewers) {
    bytesByHops.forEach((count, hops) => {
      bytes[hops] = (bytes[hops] ?? 0) + count;
    });
  }
  // What a player was given as it came from the CDN never was in a store.
  bytes[0] = (bytes[0] ?? 0) + Math.max(0, playedBytes - sum(bytes));
  const carried = sum(bytes.slice(1));
  let below = 0;
  const p95 = bytes.findIndex((count, hops) => {
    if (hops > 0) below += count;
    return hops > 0 && below >= 0.95 * carried;
  });
  const travelled = sum(bytes.map((count, hops) => count * hops));
  return { bytes, mean: carried === 0 ? 0 : travelled / carried, p95: Math.max(0, p95) };
}
