import { expect, test } from "vitest";
import { distances } from "./distances.ts";

const ring = (viewers: number): number[][] =>
  Array.from({ length: viewers }, (_, at) => [(at + 1) % viewers, (at + viewers - 1) % viewers]);

test("along a ring, a quarter of the way round on the mean and half of it at most", () => {
  const { mean, most } = distances(ring(40));
  expect(mean).toBeCloseTo(400 / 39, 5);
  expect(most).toBe(20);
});

test("one shortcut brings viewers nearer", () => {
  const shorter = ring(40);
  shorter[0]?.push(20);
  shorter[20]?.push(0);
  expect(distances(shorter).mean).toBeLessThan(distances(ring(40)).mean);
});

test("where everybody knows everybody all are one apart, as they would be at random", () => {
  const full = Array.from({ length: 8 }, (_, at) => [0, 1, 2, 3, 4, 5, 6, 7].filter((other) => other !== at));
  expect(distances(full)).toEqual({ mean: 1, most: 1, random: Math.log(8) / Math.log(7) });
});

test("nobody who knows anybody: no distance at all", () => {
  expect(distances([[], []])).toEqual({ mean: 0, most: 0, random: 0 });
  expect(distances([])).toEqual({ mean: 0, most: 0, random: 0 });
});
