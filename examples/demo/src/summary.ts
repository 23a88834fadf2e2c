import type { OriginCounts } from "@shoal/origin";
import type { PlayerName, StreamName, ViewerReport } from "../page/viewer-report.ts";
import type { StartUps } from "./start-up.ts";

/** What a headless run has seen. */
export interface RunRecord {
  readonly stream: StreamName;
  /** Players of the viewers, in turn. */
  readonly players: readonly PlayerName[];
  /** The last report of every viewer; null for one whose page no longer answered. */
  readonly viewers: readonly (ViewerReport | null)[];
  readonly counts: OriginCounts;
  /** Sums and counts at the moment from which on the run is called steady; null where it was too short for that. */
  readonly steadyFrom: { readonly bytes: SourceBytes; readonly counts: OriginCounts } | null;
  readonly startUps: StartUps;
}

/** Segment bytes by where viewers had them from. */
export interface SourceBytes {
  readonly cdnBytes: number;
  readonly peerBytes: number;
}

/** Bytes that viewers with one player had from viewers with another or the same. */
export interface Flow {
  readonly from: PlayerName;
  readonly to: PlayerName;
  readonly bytes: number;
}

/** The run in numbers. Shares are 0 to 1. */
export interface Summary {
  readonly stream: StreamName;
  readonly viewers: number;
  readonly cdnBytesByViewers: number;
  readonly cdnBytesByOrigin: number;
  readonly peerBytes: number;
  readonly offloadByViewers: number;
  readonly offloadByOrigin: number;
  /** By how much the two counts of CDN bytes differ, as a share of the larger. */
  readonly countsDiffer: number;
  /** Once everybody had joined; null where the run was too short. */
  readonly steadyOffload: number | null;
  readonly steadyCopiesPerSegment: number | null;
  readonly steadySegments: number;
  readonly sealerBytes: number;
  readonly sealerRequests: number;
  readonly stalls: number;
  readonly stalledMs: number;
  /** Peer bytes by direction; empty where all viewers have one player. */
  readonly flows: readonly Flow[];
  /** Which player's start-up was measured. */
  readonly player: PlayerName;
  readonly startUp: {
    readonly plainMs: number | null;
    readonly shoalMs: number | null;
    readonly pairs: number;
    /** Of Shoal to plain. */
    readonly ratio: number | null;
  };
  /** What went wrong; none: the run passed. */
  readonly faults: readonly string[];
}

/** The two counts of CDN bytes may differ by so much: what was in flight, or given up, when they were read. */
export const COUNTS_MAY_DIFFER = 0.02;

/** The run in numbers, and whether it passed. */
export function summarise({ stream, players, viewers, counts, steadyFrom, startUps }: RunRecord): Summary {
  const seen = viewers.filter((viewer) => viewer !== null);
  const bytes = sourceBytes(seen);
  const byOrigin = counts.viewers.bytes;
  const stalls = sum(seen.map((viewer) => viewer.stalls));
  const countsDiffer = share(Math.abs(byOrigin - bytes.cdnBytes), Math.max(byOrigin, bytes.cdnBytes));
  const steady = steadyFrom && {
    bytes: {
      cdnBytes: bytes.cdnBytes - steadyFrom.bytes.cdnBytes,
      peerBytes: bytes.peerBytes - steadyFrom.bytes.peerBytes,
    },
    copies: copiesPerSegment(counts, steadyFrom.counts),
  };
  const plainMs = median(startUps.plain);
  const shoalMs = median(startUps.shoal);
  return {
    stream,
    viewers: viewers.length,
    cdnBytesByViewers: bytes.cdnBytes,
    cdnBytesByOrigin: byOrigin,
    peerBytes: bytes.peerBytes,
    offloadByViewers: offload(bytes),
    offloadByOrigin: offload({ cdnBytes: byOrigin, peerBytes: bytes.peerBytes }),
    countsDiffer,
    steadyOffload: steady ? offload(steady.bytes) : null,
    steadyCopiesPerSegment: steady?.copies.mean ?? null,
    steadySegments: steady?.copies.segments ?? 0,
    sealerBytes: counts.sealer.bytes,
    sealerRequests: counts.sealer.requests,
    stalls,
    stalledMs: sum(seen.map((viewer) => viewer.stalledMs)),
    flows: flowsOf(viewers, players),
    player: players[0] ?? "hls",
    startUp: {
      plainMs,
      shoalMs,
      pairs: Math.min(startUps.plain.length, startUps.shoal.length),
      ratio: plainMs !== null && shoalMs !== null ? shoalMs / plainMs : null,
    },
    faults: [
      ...viewers.flatMap((viewer) => faultsOf(viewer)),
      ...(bytes.peerBytes > 0 ? [] : ["Peers delivered nothing."]),
      ...(countsDiffer <= COUNTS_MAY_DIFFER
        ? []
        : [`Viewers and origin count CDN bytes that differ by ${(countsDiffer * 100).toFixed(1)} %.`]),
    ],
  };
}

/** What all viewers had, by source. */
export function sourceBytes(viewers: readonly SourceBytes[]): SourceBytes {
  return {
    cdnBytes: sum(viewers.map((viewer) => viewer.cdnBytes)),
    peerBytes: sum(viewers.map((viewer) => viewer.peerBytes)),
  };
}

/** The share that came from peers, 0 to 1. */
export function offload({ cdnBytes, peerBytes }: SourceBytes): number {
  return share(peerBytes, cdnBytes + peerBytes);
}

/**
 * How often a media segment left the CDN for viewers, on average over the segments that nobody had asked for before.
 * The sealer's reads are not in it.
 */
export function copiesPerSegment(
  now: OriginCounts,
  before: OriginCounts,
): { readonly mean: number | null; readonly segments: number } {
  const fresh = Object.entries(now.segments).filter(
    ([path, { viewers }]) => before.segments[path] === undefined && viewers.bytes > 0,
  );
  const copies = fresh.map(([, { viewers, sizeBytes }]) => viewers.bytes / sizeBytes);
  return { mean: fresh.length === 0 ? null : sum(copies) / fresh.length, segments: fresh.length };
}

/** The middle value, or the mean of the two in the middle; null of nothing. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}

/** As the receivers count; of connections that are still open. */
function flowsOf(viewers: RunRecord["viewers"], players: readonly PlayerName[]): readonly Flow[] {
  const kinds = [...new Set(players)];
  if (kinds.length < 2) return [];
  const kindAt = (index: number): PlayerName => players[index % players.length] ?? "hls";
  const kindOf = new Map(viewers.map((viewer, index) => [viewer?.peerId, kindAt(index)]));
  return kinds.flatMap((from) =>
    kinds.map((to) => {
      const received = viewers
        .filter((_, index) => kindAt(index) === to)
        .flatMap((viewer) => viewer?.neighbours ?? [])
        .filter(({ peerId }) => kindOf.get(peerId) === from);
      return { from, to, bytes: sum(received.map(({ receivedBytes }) => receivedBytes)) };
    }),
  );
}

function faultsOf(viewer: ViewerReport | null): readonly string[] {
  if (viewer === null) return ["A viewer's page no longer answers."];
  const { name, startUpMs, stalls, stalledMs, failure } = viewer;
  const faults: string[] = [];
  if (startUpMs === null) faults.push(`${name} never began to play.`);
  if (stalls > 0) {
    faults.push(
      `${name} stalled ${stalls === 1 ? "once" : `${stalls} times`}, ${(stalledMs / 1000).toFixed(1)} s in all.`,
    );
  }
  if (failure !== null) faults.push(`${name}'s player gave up: ${failure}.`);
  return faults;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
