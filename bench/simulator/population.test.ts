import { expect, test } from "vitest";
import { ACCESS_LINES, populate } from "./population.ts";

const people = populate({ viewers: 1000, seed: 7, isps: 5, join: "steady", runMs: 90_000 });

test("access lines have the field's shares", () => {
  const within = (low: number, high: number): number =>
    people.filter(({ uploads, uplinkBps }) => uploads && uplinkBps >= low * 1e6 && uplinkBps < high * 1e6).length;
  expect(people.filter(({ uploads }) => !uploads)).toHaveLength(100);
  expect([within(1, 5), within(5, 12), within(12, 25), within(25, 60)]).toEqual([250, 150, 300, 200]);
  expect(ACCESS_LINES.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});

test("ISPs are about equally large, peer ids differ", () => {
  for (let isp = 0; isp < 5; isp++) {
    const size = people.filter((person) => person.isp === isp).length;
    expect(size).toBeGreaterThan(150);
    expect(size).toBeLessThan(250);
  }
  expect(new Set(people.map(({ peerId }) => peerId)).size).toBe(1000);
});

test("joins are spread over a third of the run; a flash crowd is there within 20 s", () => {
  const joins = (all: typeof people): number[] => all.map(({ joinMs }) => joinMs);
  expect(Math.max(...joins(people))).toBeLessThanOrEqual(30_000);
  expect(joins(people).filter((ms) => ms < 15_000)).toHaveLength(500);
  const flash = populate({ viewers: 1000, seed: 7, isps: 5, join: "flash", runMs: 300_000 });
  expect(Math.max(...joins(flash))).toBeLessThanOrEqual(20_000);
});
