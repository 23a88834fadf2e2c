import { beforeAll, expect, test } from "vitest";
import { type Measures, measure } from "./measures.ts";
import { DEFAULTS } from "./options.ts";
import { simulate } from "./simulation.ts";

const options = { ...DEFAULTS, viewers: 18, seconds: 30, isps: 2, ladderKbps: [1500] };
let shared: Measures;
let again: Measures;
let control: Measures;

beforeAll(async () => {
  shared = measure(await simulate(options, true));
  again = measure(await simulate(options, true));
  control = measure(await simulate(options, false));
});

test("the same seed gives the same run, to the last event and byte", () => {
  expect(again).toEqual(shared);
});

test("another seed gives another run", async () => {
  const other = measure(await simulate({ ...options, seconds: 10, seed: 2 }, true));
  const one = measure(await simulate({ ...options, seconds: 10 }, true));
  expect(other.events).not.toBe(one.events);
});

test("no byte is played that neither the CDN nor a viewer sent", () => {
  const { whole, peerBytes, wastedBytes } = shared;
  const useful = whole.cdnBytes + peerBytes - wastedBytes;
  // Beyond what was played there is only what is under way at the end: less than two segments a viewer.
  expect(useful).toBeGreaterThanOrEqual(whole.playedBytes * 0.99);
  expect(useful - whole.playedBytes).toBeLessThan(2 * options.viewers * (1_500_000 / 8) * 4);
});

test("the control takes everything from the CDN", () => {
  expect(control.peerBytes).toBe(0);
  expect(control.whole.cdnBytes).toBeGreaterThanOrEqual(control.whole.playedBytes);
});

test("sharing costs no stall and no start-up beyond the control's", () => {
  expect(shared.stallMs).toBeLessThanOrEqual(control.stallMs);
  expect(shared.startupMs).toEqual(control.startupMs);
  expect(shared.skipped).toBe(control.skipped);
});

test("viewers carry a good part of it", () => {
  expect(shared.whole.offload).toBeGreaterThan(0.2);
});

test("it is seen second by second how segments spread: each to all viewers by the time that it is played", () => {
  const { moments, spread } = shared;
  expect(moments.map(({ atMs }) => atMs)).toEqual(Array.from({ length: options.seconds }, (_, at) => (at + 1) * 1000));
  const shares = spread.held.map(({ share }) => share);
  expect(shares.at(-1)).toBeGreaterThan(0.95);
  expect(spread.uplinkUse.most).toBeGreaterThan(0);
  expect(spread.uplinkUse.most).toBeLessThanOrEqual(1.05);
  expect(control.moments).toEqual([]);
});
