import { type CdnRequest, FETCH_CAUSES, type FetchCause } from "./cdn.ts";
import type { SimulationOptions } from "./options.ts";
import type { FinishedRun } from "./simulation.ts";
import { fairness, mean, quantile, sum } from "./statistics.ts";

/** One request to the CDN, and who made it why. */
export interface TracedRequest {
  readonly cause: FetchCause;
  /** Since the segment was published, milliseconds. */
  readonly ageMs: number;
  readonly isp: number;
  readonly uplinkMbps: number;
  readonly copies: number;
}

/** What the CDN sent of one segment, in copies, and why. */
export interface SegmentCopies {
  readonly number: number;
  readonly publishedMs: number;
  readonly copies: number;
  readonly byIsp: readonly number[];
  readonly byCause: Readonly<Record<FetchCause, number>>;
  /** When the CDN was first asked, and when half and 95 % of the viewers had it, milliseconds after publication. */
  readonly firstFetchMs: number;
  readonly halfMs: number;
  readonly mostMs: number;
  /** Oldest first. */
  readonly requests: readonly TracedRequest[];
}

/** Everything measured in one run. Bytes are media bytes. */
export interface Measures {
  readonly options: SimulationOptions;
  readonly segmentBytes: number;
  /** From here on joins do not count, milliseconds. */
  readonly steadyMs: number;
  readonly whole: { readonly playedBytes: number; readonly cdnBytes: number; readonly offload: number };
  readonly steady: {
    readonly segments: number;
    readonly offload: number;
    readonly copies: number;
    readonly copiesPerCluster: number;
    readonly byCause: Readonly<Record<FetchCause, number>>;
  };
  readonly peerBytes: number;
  readonly wastedBytes: number;
  readonly sealerBytes: number;
  readonly controlBytes: number;
  readonly stalls: number;
  readonly stallMs: number;
  readonly skipped: number;
  readonly startupMs: { readonly median: number; readonly p95: number };
  readonly neighbours: {
    readonly mean: number;
    readonly p10: number;
    readonly sameIspShare: number;
    /** Fetchers to expect where each viewer elects among its neighbours: 1 / (neighbours + 1), summed over givers. */
    readonly electors: number;
  };
  readonly sameIspShare: number;
  readonly upload: {
    readonly busiestToMean: number;
    readonly fairness: number;
    readonly usedUplink: { readonly median: number; readonly p95: number };
    /** Sent by each viewer that gives, bytes, most first. */
    readonly bytes: readonly number[];
  };
  readonly convicted: number;
  readonly frames: readonly number[];
  readonly segments: readonly SegmentCopies[];
  readonly events: number;
}

/** Joins have settled so long after the last one. */
const SETTLED_MS = 20_000;
/** A segment is played, or given up, so long after it came to be. */
const PLAYED_MS = 13_000;

/** Measures a run. */
export function measure(run: FinishedRun): Measures {
  const { options, stream, cdn, viewers, mesh, endMs } = run;
  const { segmentBytes } = stream;
  const steadyMs = run.lastJoinMs + SETTLED_MS;
  const stats = viewers.map((viewer) => viewer.stats());
  const loads = viewers.flatMap(({ player }) => player.loads);
  const numbers = [...new Set(loads.map(({ number }) => number))].sort((a, b) => a - b);
  const byNumber = requestsByNumber(cdn.requests);
  const segments = numbers.map((number) => copiesOf(number, byNumber.get(number) ?? [], run));
  const steady = segments.filter(({ publishedMs }) => publishedMs >= steadyMs && publishedMs <= endMs - PLAYED_MS);
  const steadyNumbers = new Set(steady.map(({ number }) => number));
  const steadyPlayed = loads.filter(({ number }) => steadyNumbers.has(number)).length;
  const copies = mean(steady.map((segment) => segment.copies));
  const playedBytes = sum(viewers.map(({ player }) => player.playedBytes));
  const cdnBytes = sum(cdn.requests.map(({ bytes }) => bytes));
  const givers = viewers.flatMap(({ person }, at) => (person.uploads ? [{ person, stats: stats[at] }] : []));
  const sent = givers.map(({ stats }) => stats?.uploadedBytes ?? 0);
  const used = givers.map(
    ({ person, stats }) =>
      ((stats?.uploadedBytes ?? 0) * 8000) / (person.uplinkBps * Math.max(1, endMs - person.joinMs)),
  );
  const neighbours = stats.map((one) => one.neighbours.length);
  const startups = viewers.flatMap(({ player }) => player.startupMs ?? []);
  const traffic = mesh?.network.traffic;
  return {
    options,
    segmentBytes,
    steadyMs,
    whole: { playedBytes, cdnBytes, offload: 1 - cdnBytes / Math.max(1, playedBytes) },
    steady: {
      segments: steady.length,
      offload: steadyPlayed === 0 ? 0 : 1 - sum(steady.map((segment) => segment.copies)) / steadyPlayed,
      copies,
      copiesPerCluster: copies / Math.min(options.isps, Math.max(1, viewers.length)),
      byCause: causes((cause) => mean(steady.map((segment) => segment.byCause[cause]))),
    },
    peerBytes: sum(stats.map((one) => one.peerBytes)),
    wastedBytes: sum(stats.map((one) => one.wastedBytes)),
    sealerBytes: mesh?.sealer.readBytes ?? 0,
    controlBytes: traffic?.controlBytes ?? 0,
    stalls: sum(viewers.map(({ player }) => player.stalls)),
    stallMs: Math.round(sum(viewers.map(({ player }) => player.stallMs))),
    skipped: sum(viewers.map(({ player }) => player.skipped)),
    startupMs: { median: quantile(startups, 0.5), p95: quantile(startups, 0.95) },
    neighbours: {
      mean: mean(neighbours),
      p10: quantile(neighbours, 0.1),
      sameIspShare: mean(stats.flatMap((one) => one.neighbours.map(({ sameIsp }) => (sameIsp ? 1 : 0)))),
      electors: sum(givers.map(({ stats }) => 1 / (1 + (stats?.neighbours.length ?? 0)))),
    },
    sameIspShare: traffic ? traffic.sameIspPieceBytes / Math.max(1, traffic.pieceBytes) : 0,
    upload: {
      busiestToMean: Math.max(0, ...sent) / Math.max(1, mean(sent)),
      fairness: fairness(sent),
      usedUplink: { median: quantile(used, 0.5), p95: quantile(used, 0.95) },
      bytes: sent.toSorted((a, b) => b - a),
    },
    convicted: sum(stats.map((one) => one.convicted)),
    frames: traffic?.frames ?? [],
    segments,
    events: run.events,
  };
}

function requestsByNumber(requests: readonly CdnRequest[]): ReadonlyMap<number, readonly CdnRequest[]> {
  const byNumber = new Map<number, CdnRequest[]>();
  for (const request of requests) {
    const known = byNumber.get(request.number);
    if (known) known.push(request);
    else byNumber.set(request.number, [request]);
  }
  return byNumber;
}

function copiesOf(number: number, requests: readonly CdnRequest[], run: FinishedRun): SegmentCopies {
  const { stream, viewers, options } = run;
  const publishedMs = stream.publishedMs(number);
  const copies = (some: readonly CdnRequest[]): number => sum(some.map(({ bytes }) => bytes)) / stream.segmentBytes;
  const had = viewers.flatMap(({ player }) => player.loads.filter((load) => load.number === number));
  const ages = had.map(({ doneMs }) => doneMs - publishedMs);
  return {
    number,
    publishedMs,
    copies: copies(requests),
    byIsp: Array.from({ length: options.isps }, (_, isp) =>
      copies(requests.filter(({ person }) => person.isp === isp)),
    ),
    byCause: causes((cause) => copies(requests.filter((request) => request.cause === cause))),
    firstFetchMs: requests.reduce((first, { atMs }) => Math.min(first, atMs), Number.MAX_SAFE_INTEGER) - publishedMs,
    halfMs: quantile(ages, 0.5),
    mostMs: quantile(ages, 0.95),
    requests: requests.map((request) => ({
      cause: request.cause,
      ageMs: Math.round(request.atMs - publishedMs),
      isp: request.person.isp,
      uplinkMbps: request.person.uploads ? request.person.uplinkBps / 1e6 : 0,
      copies: copies([request]),
    })),
  };
}

function causes(value: (cause: FetchCause) => number): Record<FetchCause, number> {
  return Object.fromEntries(FETCH_CAUSES.map((cause) => [cause, value(cause)])) as Record<FetchCause, number>;
}
