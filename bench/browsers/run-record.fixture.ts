import type { OriginCounts } from "@shoal/origin";
import type { Sample, ViewerRecord } from "./page/viewer-record.ts";
import type { RunRecord, SeatRecord } from "./run-record.ts";
import { scenarioOf } from "./scenarios.ts";

/** A sample at a second of the run, of a player with peers. */
export const sampleAt = (second: number, changes: Partial<Sample> = {}): Sample => ({
  atMs: second * 1000,
  playheadS: second,
  bufferS: 10,
  latencyS: 12,
  kbps: 1_500,
  handedBytes: second * 1_000,
  cdnBytes: second * 250,
  peerBytes: second * 750,
  sentBytes: second * 750,
  ...changes,
});

/** A viewer of the whole run. */
export function seatOf(name: string, page: Partial<ViewerRecord> = {}, changes: Partial<SeatRecord> = {}): SeatRecord {
  return {
    name,
    joinedMs: 0,
    leftMs: 100_000,
    hit: false,
    page: {
      openedMs: 0,
      startUpMs: 500,
      firstRequestMs: 200,
      samples: Array.from({ length: 101 }, (_, second) => sampleAt(second)),
      stalls: [],
      errors: [],
      sameIspBytes: null,
      neighbours: 1,
      wire: null,
      ...page,
    },
    loads: [
      { atMs: 0, taskS: 1, threadS: 1, heapBytes: 0 },
      { atMs: 10_000, taskS: 1.5, threadS: 1.25, heapBytes: 4e6 },
    ],
    ...changes,
  };
}

export const countsOf = (changes: Partial<OriginCounts> = {}): OriginCounts => ({
  viewers: { requests: 1, bytes: 50_000 },
  sealer: { requests: 1, bytes: 1_000_000 },
  manifests: { requests: 1, bytes: 1 },
  segments: {},
  clients: {},
  ...changes,
});

/** A run of 100 s with two viewers, steady from 40 s on. */
export function runOf(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    player: "shoal",
    scenario: scenarioOf("live"),
    viewers: 2,
    joinGapMs: 0,
    beganMs: 0,
    steadyMs: 40_000,
    endMs: 100_000,
    trouble: null,
    publication: { firstMs: 0, everyMs: 4_000 },
    seats: [seatOf("viewer-0"), seatOf("viewer-1")],
    origin: Array.from({ length: 101 }, (_, second) => ({
      atMs: second * 1000,
      viewersBytes: second * 500,
      sealerBytes: 0,
      clients: { "viewer-0": second * 250, "viewer-1": second * 250 },
    })),
    firstAskedMs: {},
    counts: countsOf(),
    browserCpuS: 6,
    idleShare: 0.5,
    ...changes,
  };
}
