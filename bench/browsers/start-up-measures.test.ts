import { expect, it } from "vitest";
import { randomUnit } from "./random.ts";
import { compareStartUps, type Pair } from "./start-up-measures.ts";

const pair = (plainMs: number, playerMs: number | null): Pair => ({
  plain: { startUpMs: plainMs, firstRequestMs: 200 },
  player: { startUpMs: playerMs, firstRequestMs: playerMs === null ? null : 205 },
});

it("compares within each pair, so that a busy moment hits both", () => {
  const measures = compareStartUps([pair(500, 550), pair(2_000, 2_200), pair(600, 660)], randomUnit(1));
  expect(measures.ratio?.median).toBeCloseTo(1.1);
  expect(measures.ratio?.upper95).toBeCloseTo(1.1);
  expect(measures.requestLaterMs).toEqual({ median: 5, upper95: 5 });
});

it("counts a page that never played as failed, not as fast", () => {
  expect(compareStartUps([pair(500, null), pair(500, 500)], randomUnit(1))).toMatchObject({
    pairs: 2,
    failed: 1,
    playerMs: 500,
  });
});
