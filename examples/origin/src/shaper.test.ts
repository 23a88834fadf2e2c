import { expect, it } from "vitest";
import { chunked, Lane, parseShaping } from "./shaper.ts";

it("a lane keeps its rate", () => {
  const lane = new Lane(0);
  let nowMs = 0;
  for (let sent = 0; sent < 100; sent += 1) nowMs += lane.reserve(nowMs, 1000, 80_000);
  expect(nowMs).toBeCloseTo(10_000);
});

it("a lane makes up for late timers", () => {
  const lane = new Lane(0);
  let nowMs = 0;
  for (let sent = 0; sent < 1000; sent += 1) nowMs += lane.reserve(nowMs, 1000, 8_000_000) + 0.7;
  expect(nowMs).toBeLessThan(1002);
});

it("those who share a lane get equal shares", () => {
  const lane = new Lane(0);
  const bytes = [0, 0, 0];
  const next = [0, 0, 0];
  for (let turn = 0; turn < 300; turn += 1) {
    const nowMs = Math.min(...next);
    const who = next.indexOf(nowMs);
    next[who] = nowMs + lane.reserve(nowMs, 1000, 800_000);
    bytes[who] = (bytes[who] ?? 0) + 1000;
  }
  expect(bytes).toEqual([100_000, 100_000, 100_000]);
});

it("without a rate nobody waits", () => {
  expect(new Lane(0).reserve(0, 1e9, undefined)).toBe(0);
});

it("pieces are cut, never joined", () => {
  const pieces = [new Uint8Array(5), new Uint8Array(0), new Uint8Array(2)];
  expect([...chunked(pieces, () => 2)].map((chunk) => chunk.byteLength)).toEqual([2, 2, 1, 2]);
});

it("a shaping without limits is empty, one that makes no sense is refused by name", () => {
  expect(parseShaping({ latencyMs: 0, totalBitsPerSecond: null, port: 1 })).toEqual({ latencyMs: 0 });
  expect(() => parseShaping({ totalBitsPerSecond: 0 })).toThrow(/totalBitsPerSecond must be/);
  expect(() => parseShaping({ latencyMs: -1 })).toThrow(/latencyMs must be/);
  expect(() => parseShaping(undefined)).toThrow(/JSON object/);
});
