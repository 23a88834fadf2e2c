import { expect, it } from "vitest";
import { randomUnit } from "./random.ts";
import { boundedMedian, median, ratio, spread } from "./statistics.ts";

it("takes the middle, and has none of nothing", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNull();
});

it("leaves out runs that could not measure a figure, and never takes them for 0", () => {
  expect(spread([null, 5, 7, null])).toEqual({ median: 6, least: 5, most: 7, values: [5, 7] });
  expect(spread([null, null])).toBeNull();
});

it("has no share of nothing", () => {
  expect(ratio(1, 4)).toBe(0.25);
  expect(ratio(0, 0)).toBeNull();
});

it("bounds the median of equal values by that value", () => {
  expect(boundedMedian([2, 2, 2], randomUnit(1))).toEqual({ median: 2, upper95: 2 });
  expect(boundedMedian([], randomUnit(1))).toBeNull();
});

it("bounds a median more tightly the more values there are", () => {
  const unit = randomUnit(7);
  const few = Array.from({ length: 10 }, unit);
  const many = Array.from({ length: 400 }, unit);
  const width = (values: readonly number[]): number => {
    const bounded = boundedMedian(values, randomUnit(1), 300);
    return bounded ? bounded.upper95 - bounded.median : Number.NaN;
  };
  expect(width(many)).toBeGreaterThan(0);
  expect(width(many)).toBeLessThan(width(few) / 2);
});

it("holds the true median below its bound in about 95 of 100 samples", () => {
  const unit = randomUnit(3);
  const held = Array.from({ length: 200 }, () => {
    const sample = Array.from({ length: 40 }, unit);
    return (boundedMedian(sample, unit, 300)?.upper95 ?? 0) >= 0.5;
  }).filter(Boolean).length;
  expect(held).toBeGreaterThan(180);
  expect(held).toBeLessThan(200);
});

it("repeats itself for the same seed", () => {
  const values = Array.from({ length: 30 }, randomUnit(5));
  expect(boundedMedian(values, randomUnit(9))).toEqual(boundedMedian(values, randomUnit(9)));
});
