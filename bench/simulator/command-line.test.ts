import { expect, test } from "vitest";
import { readCommandLine } from "./command-line.ts";
import { DEFAULTS } from "./options.ts";

const options = (...args: string[]) => {
  const command = readCommandLine(args);
  return command === "help" ? null : command.options;
};

test("without arguments a run has the defaults", () => {
  expect(options()).toEqual(DEFAULTS);
});

test("latency and window follow the length of the segments", () => {
  expect(options("--segment-seconds", "2")).toMatchObject({ segmentMs: 2000, latencyMs: 6000, windowMs: 12_000 });
  expect(options("--segment-seconds", "2", "--latency-seconds", "20")).toMatchObject({ latencyMs: 20_000 });
});

test("what is not understood is refused by its name", () => {
  expect(() => options("--viewers", "many")).toThrow("--viewers");
  expect(() => options("--ladder", "800,400")).toThrow("--ladder");
  expect(() => options("--brown-out", "60,40")).toThrow("--brown-out");
  expect(() => options("--fault", "fire")).toThrow("--fault");
  expect(options("--piece-kib", "128")).toMatchObject({ pieceKib: 128 });
  expect(() => options("--piece-kib", "100")).toThrow("--piece-kib");
});

test("a ladder and a brown-out are lists", () => {
  expect(options("--ladder", "800,1600", "--brown-out", "60,40,0.5")).toMatchObject({
    ladderKbps: [800, 1600],
    brownOut: { fromMs: 60_000, durationMs: 40_000, share: 0.5 },
  });
});
