import { expect, test } from "vitest";
import { abandonFor, BandwidthEstimate, chooseLevel } from "./abr.ts";

const ladderBps = [800_000, 1_600_000, 3_200_000, 5_000_000];
const base = { ladderBps, segmentMs: 4000, bufferedAheadMs: 12_000 };

test("a player goes up only where the rate leaves room, and stays where it just suffices", () => {
  expect(chooseLevel({ ...base, level: 2, estimateBps: 6_000_000 })).toBe(2);
  expect(chooseLevel({ ...base, level: 3, estimateBps: 6_000_000 })).toBe(3);
  expect(chooseLevel({ ...base, level: 0, estimateBps: 8_000_000 })).toBe(3);
});

test("a short buffer lowers what may be asked for", () => {
  expect(chooseLevel({ ...base, level: 3, estimateBps: 6_000_000, bufferedAheadMs: 3_000 })).toBe(2);
  expect(chooseLevel({ ...base, level: 3, estimateBps: 5_500_000, bufferedAheadMs: 2_000 })).toBe(1);
  expect(chooseLevel({ ...base, level: 3, estimateBps: 100_000 })).toBe(0);
});

test("a load that will be late is given up for a level that will not be, but not before half its length", () => {
  const loading = { level: 3, sinceMs: 0, firstByteMs: 20, loadedBytes: 200_000, totalBytes: 2_500_000 };
  const view = { ...base, estimateBps: 800_000, bufferedAheadMs: 5_000 };
  expect(abandonFor(loading, view, 1_900)).toBeNull();
  expect(abandonFor(loading, view, 2_100)).toBe(0);
  expect(abandonFor({ ...loading, loadedBytes: 2_000_000 }, view, 2_100)).toBeNull();
  expect(abandonFor({ ...loading, level: 0 }, view, 2_100)).toBeNull();
});

test("waiting for the first byte says nothing of the rate", () => {
  const loading = { level: 3, sinceMs: 0, firstByteMs: 2_000, loadedBytes: 200_000, totalBytes: 2_500_000 };
  expect(abandonFor(loading, { ...base, estimateBps: 800_000, bufferedAheadMs: 5_000 }, 2_100)).toBeNull();
});

test("the estimate falls at once and rises slowly", () => {
  const estimate = new BandwidthEstimate();
  expect(estimate.bps).toBe(500_000);
  for (let i = 0; i < 10; i++) estimate.sample(2000, 2_500_000);
  expect(estimate.bps).toBeCloseTo(10_000_000, -3);
  estimate.sample(4000, 500_000);
  const low = estimate.bps;
  expect(low).toBeLessThan(6_000_000);
  estimate.sample(1000, 1_250_000);
  expect(estimate.bps).toBeLessThan(8_000_000);
});
