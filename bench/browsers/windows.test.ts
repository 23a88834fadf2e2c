import { expect, it } from "vitest";
import { growth, stalledMs } from "./windows.ts";

it("counts of a stall only what lies in the span", () => {
  const stalls = [
    { fromMs: 0, toMs: 10 },
    { fromMs: 15, toMs: 40 },
  ];
  expect(stalledMs(stalls, { fromMs: 5, toMs: 20 })).toBe(10);
  expect(stalledMs(stalls, { fromMs: 50, toMs: 60 })).toBe(0);
});

const samples = [
  { atMs: 10, bytes: 100 },
  { atMs: 20, bytes: 300 },
  { atMs: 30, bytes: 700 },
];
const bytes = (sample: { readonly bytes: number }): number => sample.bytes;

it("says how much a counter grew between two moments", () => {
  expect(growth(samples, { fromMs: 10, toMs: 30 }, bytes)).toBe(600);
  expect(growth(samples, { fromMs: 25, toMs: 99 }, bytes)).toBe(400);
});

it("takes a counter that begins later to have begun at 0", () => {
  expect(growth(samples, { fromMs: 0, toMs: 20 }, bytes)).toBe(300);
  expect(growth([], { fromMs: 0, toMs: 20 }, bytes)).toBe(0);
});

it("does not know the growth of what is not counted", () => {
  expect(growth(samples, { fromMs: 10, toMs: 30 }, () => null)).toBeNull();
});
