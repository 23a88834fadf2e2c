import { expect, it } from "vitest";
import { Durations } from "./durations.ts";

it("tells percentiles within 2 %, also of two processes together", () => {
  const [all, a, b] = [new Durations(), new Durations(), new Durations()];
  for (let ms = 1; ms <= 1_000; ms++) {
    all.add(ms);
    (ms % 3 === 0 ? a : b).add(ms);
  }
  for (const share of [0.5, 0.95, 0.99]) {
    expect(Math.abs((all.quantile(share) ?? 0) / (1_000 * share) - 1)).toBeLessThan(0.02);
  }
  a.merge(b.entries());
  expect(a.quantile(0.99)).toBe(all.quantile(0.99));
  expect(a.count).toBe(1_000);
});

it("has none of nothing", () => {
  expect(new Durations().quantile(0.5)).toBeNull();
});
