import { expect, it } from "vitest";
import { type Sample, waveOf } from "./wave.ts";

const at = (seconds: number, rejoins: number, isDraining = true): Sample => ({
  atMs: 1_000 * seconds,
  ...{ rejoins, isDraining },
});

it("counts from the first moment of draining to the last, and what came after it as late", () => {
  const samples = [at(0, 3, false), at(1, 5, false), at(2, 45), at(3, 105), at(4, 125, false), at(5, 999, false)];
  expect(waveOf(samples)).toEqual({ moved: 120, mean: 40, busiest: 60 });
});

it("a late sample is no wave", () => {
  expect(waveOf([at(0, 0), at(1, 50), at(4, 200), at(5, 250)])).toEqual({ moved: 250, mean: 50, busiest: 50 });
});

it("nothing that drains is nothing that moves", () => {
  expect(waveOf([at(0, 0, false), at(1, 70, false)])).toEqual({ moved: 0, mean: 0, busiest: 0 });
});
