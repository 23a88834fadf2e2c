import { type CdnRequest, FETCH_CAUSES, type FetchCause } from "./cdn.ts";
import type { FinishedLoad } from "./player.ts";
import type { Person } from "./population.ts";
import type { FinishedRun } from "./simulation.ts";
import { quantile, sum } from "./statistics.ts";

/** One request to the CDN, and who made it why. */
export interface TracedRequest {
  readonly cause: FetchCause;
  /** Since the segment was published, milliseconds. */
  readonly ageMs: number;
  readonly isp: number;
  readonly uplinkMbps: number;
  readonly copies: number;
}

/** What the CDN sent of one segment of one rendition, in copies, and why. */
export interface SegmentCopies {
  readonly number: number;
  readonly level: number;
  readonly publishedMs: number;
  readonly segmentBytes: number;
  /** Players that got it. */
  readonly loads: number;
  readonly copies: number;
  readonly byIsp: readonly number[];
  readonly loadsByIsp: readonly number[];
  readonly byCause: Readonly<Record<FetchCause, number>>;
  /** When the CDN was first asked, and when half and 95 % of the players had it, milliseconds after publication. */
  readonly firstFetchMs: number;
  readonly halfMs: number;
  readonly mostMs: number;
  /** The first of them, oldest first. */
  readonly requests: readonly TracedRequest[];
}

/** A load and whose it was. */
export interface PersonsLoad extends FinishedLoad {
  readonly person: Person;
}

const TRACED = 40;

/** What became of each segment that was played or asked for, oldest first. */
export function segmentCopies(run: FinishedRun, loads: readonly PersonsLoad[]): SegmentCopies[] {
  const asked = grouped(run.requests);
  const loaded = grouped(loads);
  return [...new Set([...asked.keys(), ...loaded.keys()])]
    .sort((a, b) => a - b)
    .map((key) => copiesOf(key, asked.get(key) ?? [], loaded.get(key) ?? [], run));
}

const LEVELS = 64;

function grouped<T extends { readonly number: number; readonly level: number }>(items: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const key = item.number * LEVELS + item.level;
    const known = groups.get(key);
    if (known) known.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function copiesOf(
  key: number,
  requests: readonly CdnRequest[],
  loads: readonly PersonsLoad[],
  { stream, options, traffic }: FinishedRun,
): SegmentCopies {
  const [number, level] = [Math.floor(key / LEVELS), key % LEVELS];
  const { segmentBytes } = stream.rendition(level);
  const publishedMs = stream.publishedMs(number);
  const byIsp = new Array<number>(options.isps).fill(0);
  const loadsByIsp = new Array<number>(options.isps).fill(0);
  const byCause = causes(() => 0);
  for (const { person, cause, bytes } of requests) {
    byIsp[person.isp] = (byIsp[person.isp] ?? 0) + bytes / segmentBytes;
    byCause[cause] += bytes / segmentBytes;
  }
  for (const { person } of loads) loadsByIsp[person.isp] = (loadsByIsp[person.isp] ?? 0) + 1;
  const ages = loads.map(({ doneMs }) => doneMs - publishedMs);
  return {
    number,
    level,
    publishedMs,
    segmentBytes,
    loads: loads.length,
    copies: sum(byIsp),
    byIsp,
    loadsByIsp,
    byCause,
    firstFetchMs: (requests[0]?.atMs ?? Number.NaN) - publishedMs,
    halfMs: quantile(ages, 0.5),
    mostMs: quantile(ages, 0.95),
    requests: traffic ? requests.slice(0, TRACED).map((request) => traced(request, publishedMs, segmentBytes)) : [],
  };
}

function traced({ cause, atMs, person, bytes }: CdnRequest, publishedMs: number, segmentBytes: number): TracedRequest {
  const uplinkMbps = person.uploads ? person.uplinkBps / 1e6 : 0;
  return { cause, ageMs: Math.round(atMs - publishedMs), isp: person.isp, uplinkMbps, copies: bytes / segmentBytes };
}

/** A number for each cause. */
export function causes(value: (cause: FetchCause) => number): Record<FetchCause, number> {
  return Object.fromEntries(FETCH_CAUSES.map((cause) => [cause, value(cause)])) as Record<FetchCause, number>;
}
