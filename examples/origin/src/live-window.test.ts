import { describe, expect, it } from "vitest";
import {
  discontinuitiesBefore,
  isDiscontinuity,
  type LiveClock,
  listedSegments,
  newestIndex,
  restarted,
  segmentAt,
  servedSegment,
} from "./live-window.ts";

const startedAtMs = 1_000_000;
const clock: LiveClock = {
  startedAtMs,
  segmentMs: 4000,
  windowSegments: 6,
  runs: [{ firstIndex: 0, firstNumber: 0, variant: 0 }],
};
const indices = (at: LiveClock, nowMs: number) => listedSegments(at, nowMs).map(({ index }) => index);
const names = (at: LiveClock, nowMs: number) => listedSegments(at, nowMs).map(({ nameNumber }) => nameNumber);

describe("the live window", () => {
  it("is full from the first moment", () => {
    expect(indices(clock, startedAtMs)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("moves by one segment every 4 s, not a millisecond earlier", () => {
    expect(newestIndex(clock, startedAtMs + 3999)).toBe(5);
    expect(indices(clock, startedAtMs + 4000)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("is short before the stream began", () => {
    expect(indices(clock, startedAtMs - 16_000)).toEqual([0, 1]);
    expect(indices(clock, startedAtMs - 100_000)).toEqual([]);
  });

  it("serves a segment from the moment it is complete until two windows after it left the list", () => {
    expect(servedSegment(clock, startedAtMs + 3999, 6)).toBeUndefined();
    expect(servedSegment(clock, startedAtMs + 4000, 6)?.number).toBe(6);
    expect(servedSegment(clock, startedAtMs + 4000 * 18, 6)?.number).toBe(6);
    expect(servedSegment(clock, startedAtMs + 4000 * 18, 5)).toBeUndefined();
  });
});

describe("a restarted encoder", () => {
  const nowMs = startedAtMs + 9000;
  const after = { ...clock, runs: restarted(clock, nowMs, { firstNumber: 3, variant: 1 }) };

  it("leaves what is listed as it is and counts anew from the next segment", () => {
    expect(names(after, nowMs)).toEqual(names(clock, nowMs));
    expect(names(after, nowMs + 8000)).toEqual([4, 5, 6, 7, 3, 4]);
    expect(segmentAt(after, 8)).toMatchObject({ number: 3, run: { variant: 1 } });
  });

  it("tells of one discontinuity, and counts it once it has left", () => {
    expect([7, 8, 9].map((index) => isDiscontinuity(after, index))).toEqual([false, true, false]);
    expect([7, 8, 9].map((index) => discontinuitiesBefore(after, index))).toEqual([0, 0, 1]);
  });

  it("serves the newest of two segments that have one name", () => {
    expect(servedSegment(after, nowMs, 4)?.index).toBe(4);
    expect(servedSegment(after, nowMs + 8000, 4)?.index).toBe(9);
  });

  it("that restarts twice before its first segment is one run", () => {
    expect(restarted(after, nowMs, { firstNumber: 0, variant: 2 })).toHaveLength(2);
  });
});

describe("cyclic names", () => {
  const cyclic = { ...clock, cyclicNames: 10 };

  it("come back with the next number", () => {
    expect(names(cyclic, startedAtMs + 4000 * 6)).toEqual([6, 7, 8, 9, 0, 1]);
    expect(servedSegment(cyclic, startedAtMs + 4000 * 6, 1)?.number).toBe(11);
    expect(servedSegment(cyclic, startedAtMs + 4000 * 6, 2)?.number).toBe(2);
  });
});

it("counts the discontinuities of a loop whose times are not rewritten", () => {
  const after = { ...clock, runs: restarted(clock, startedAtMs + 9000, { firstNumber: 3, variant: 1 }) };
  let counted = 0;
  for (let index = 0; index < 40; index += 1) {
    expect(discontinuitiesBefore(after, index, 6)).toBe(counted);
    if (isDiscontinuity(after, index, 6)) counted += 1;
  }
});
