import { expect, test } from "vitest";
import { ACCESS_LINES, populate, usableUplinkBps } from "./population.ts";

const settings = {
  viewers: 1000,
  seed: 7,
  isps: 5,
  join: "steady",
  churn: 0,
  devices: "desktop",
  lines: "field",
  uplinkBudget: null,
  bitrateBps: 5_000_000,
  runMs: 90_000,
} as const;

const people = populate(settings);

test("access lines have the field's shares", () => {
  const within = (low: number, high: number): number =>
    people.filter(({ uploads, uplinkBps }) => uploads && uplinkBps >= low * 1e6 && uplinkBps < high * 1e6).length;
  expect(people.filter(({ uploads }) => !uploads)).toHaveLength(100);
  expect([within(1, 5), within(5, 12), within(12, 25), within(25, 60)]).toEqual([250, 150, 300, 200]);
  expect(ACCESS_LINES.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});

test("lines may be the same for all, whoever comes later included", () => {
  const equal = populate({ ...settings, lines: "equal", churn: 0.1 });
  expect(new Set(equal.map(({ uplinkBps }) => uplinkBps)).size).toBe(1);
  expect(equal.every(({ uploads }) => uploads)).toBe(true);
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
  const flash = populate({ ...settings, join: "flash", runMs: 300_000 });
  expect(Math.max(...joins(flash))).toBeLessThanOrEqual(20_000);
});

test("uplinks are scaled to the budget that was asked for", () => {
  const scaled = populate({ ...settings, uplinkBudget: 1.3 });
  expect(usableUplinkBps(scaled) / (1000 * settings.bitrateBps)).toBeCloseTo(1.3);
  expect(scaled.filter(({ uploads }) => !uploads)).toHaveLength(100);
});

test("whoever leaves by churn is replaced, and the audience stays as large", () => {
  const churned = populate({ ...settings, churn: 0.1 });
  const left = churned.filter(({ leaveMs }) => leaveMs !== null);
  expect(left.length).toBeGreaterThan(80);
  expect(churned.filter(({ replaces }) => replaces)).toHaveLength(left.length);
  expect(new Set(churned.map(({ number }) => number)).size).toBe(churned.length);
});

test("half of a drop-out leaves within 20 s of the middle", () => {
  const leaves = populate({ ...settings, join: "drop-out" }).flatMap(({ leaveMs }) => leaveMs ?? []);
  expect(leaves.length).toBeGreaterThan(400);
  expect(leaves.length).toBeLessThan(600);
  expect(Math.min(...leaves)).toBeGreaterThanOrEqual(45_000);
  expect(Math.max(...leaves)).toBeLessThan(65_000);
});
