import { expect, it } from "vitest";
import { describeRows, rowsOf, type TrackerMeasures } from "./rows.ts";

const NOTHING: TrackerMeasures = {
  ours: [],
  oursFull: [],
  oursSocketIo: [],
  theirs: [],
  memoryBytes: null,
  memorySocketIoBytes: null,
  picks: null,
  audience: null,
  sealBytes: null,
  flash: null,
  flashSocketIo: null,
};

const pick = (pickUs: number) => ({ viewers: 1, pickUs, addUs: 1, updateUs: 1, removeUs: 1, sameIspShare: 0.85 });

it("takes the median of ratios within rounds, not the ratio of medians", () => {
  const rows = rowsOf({
    ...NOTHING,
    ours: [
      { first: 80, steady: 1 },
      { first: 400, steady: 10 },
      { first: 90, steady: 1 },
    ],
    theirs: [
      { first: 100, steady: 20 },
      { first: 1_000, steady: 100 },
      { first: 100, steady: 20 },
    ],
  });
  expect(rows.map(({ holds }) => holds)).toEqual([true, true]);
  expect(rows[1]?.measured).toBe("0.800 (0.400–0.900; 90 against 100 µs)");
});

it("says what does not hold", () => {
  const rows = rowsOf({ ...NOTHING, memoryBytes: 20_001, picks: [pick(4), pick(13)] });
  expect(rows.map(({ holds }) => holds)).toEqual([false, false, true]);
  expect(describeRows(rows)).toMatch(/^✗ memory/m);
});

it("holds no row of seals that never came", () => {
  const holds = [0, 9_999, 10_001].map((sealBytes) => rowsOf({ ...NOTHING, sealBytes })[0]?.holds);
  expect(holds).toEqual([false, true, false]);
});

it("judges plain ws, and shows socket.io's own server beside it", () => {
  const rows = rowsOf({ ...NOTHING, memoryBytes: 14_000, memorySocketIoBytes: 27_000 });
  expect(rows).toMatchObject([{ measured: "14.0 kB", socketIo: "27.0 kB", holds: true }]);
});
