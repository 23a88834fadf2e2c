import type { FetchCause } from "./cdn.ts";
import { usableUplinkBps } from "./population.ts";
import { causes, type PersonsLoad, type SegmentCopies } from "./segment-copies.ts";
import type { FinishedRun } from "./simulation.ts";
import { mean, sum } from "./statistics.ts";

/** Segments published after the joins had settled, and early enough to be played in the run. */
export interface Steady {
  readonly segments: number;
  readonly playedBytes: number;
  readonly offload: number;
  /** Mean over segments of what the CDN sent, in segments; and over clusters: a rendition's viewers in one ISP. */
  readonly copies: number;
  readonly copiesPerCluster: number;
  /** By ISP, and by rendition, the lowest first. */
  readonly copiesByIsp: readonly number[];
  readonly copiesByLevel: readonly number[];
  readonly byCause: Readonly<Record<FetchCause, number>>;
  /** Mean bitrate that was played, kbit/s. */
  readonly bitrateKbps: number;
  /** When players had a segment, milliseconds after publication: the 0th to 100th percentile. */
  readonly completionMs: readonly number[];
  readonly bound: Bound;
}

/** What nobody could do better than. */
export interface Bound {
  /** Usable uplink over what was played. */
  readonly uplinkBudget: number;
  /** 1 less one CDN copy of each segment, or what the uplinks can carry if that is less. */
  readonly offload: number;
}

/** Measures the steady part of a run. */
export function measureSteady(
  run: FinishedRun,
  segments: readonly SegmentCopies[],
  loads: readonly PersonsLoad[],
): Steady {
  const { stream, options } = run;
  const playedBytes = sum(segments.map((segment) => segment.loads * segment.segmentBytes));
  const cdnBytes = sum(segments.map((segment) => segment.copies * segment.segmentBytes));
  const played = sum(segments.map((segment) => segment.loads));
  const bitrateKbps = played === 0 ? 0 : (playedBytes * 8) / (played * stream.segmentMs);
  const clusters = segments.flatMap(({ byIsp, loadsByIsp }) =>
    byIsp.filter((copies, isp) => copies > 0 || (loadsByIsp[isp] ?? 0) > 0),
  );
  const chosen = new Set(segments.map(({ number }) => number));
  const ages = loads
    .filter(({ number }) => chosen.has(number))
    .map((load) => load.doneMs - stream.publishedMs(load.number));
  return {
    segments: segments.length,
    playedBytes,
    offload: playedBytes === 0 ? 0 : 1 - cdnBytes / playedBytes,
    copies: mean(segments.map(({ copies }) => copies)),
    copiesPerCluster: mean(clusters),
    copiesByIsp: Array.from({ length: options.isps }, (_, isp) => mean(segments.map(({ byIsp }) => byIsp[isp] ?? 0))),
    copiesByLevel: stream.renditions.map(({ level }) =>
      mean(segments.filter((segment) => segment.level === level).map(({ copies }) => copies)),
    ),
    byCause: causes((cause) => mean(segments.map((segment) => segment.byCause[cause]))),
    bitrateKbps,
    completionMs: percentiles(ages),
    bound: boundOf(run, segments, playedBytes, bitrateKbps),
  };
}

function boundOf(
  { people, stream }: FinishedRun,
  segments: readonly SegmentCopies[],
  playedBytes: number,
  bitrateKbps: number,
): Bound {
  const seats = people.filter(({ replaces }) => !replaces);
  const neededBps = bitrateKbps > 0 ? bitrateKbps * 1000 : stream.top.bps;
  const uplinkBudget = usableUplinkBps(seats) / (seats.length * neededBps);
  const once = sum(segments.map(({ segmentBytes }) => segmentBytes));
  return { uplinkBudget, offload: Math.min(uplinkBudget, 1 - once / Math.max(1, playedBytes)) };
}

function percentiles(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const last = sorted.length - 1;
  return Array.from({ length: 101 }, (_, percent) => Math.round(sorted[Math.round((last * percent) / 100)] ?? 0));
}
