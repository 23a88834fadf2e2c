import { expect, test } from "vitest";
import { Random } from "./random.ts";

test("the same seed gives the same numbers, another seed others", () => {
  const draw = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 100 }, () => random.word());
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test("numbers are spread evenly and stay in their range", () => {
  const random = new Random("even");
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) {
    const unit = random.unit();
    expect(unit >= 0 && unit < 1).toBe(true);
    const cell = random.below(10);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(1850);
  expect(Math.max(...counts)).toBeLessThan(2150);
});
