import { beforeAll, expect, test } from "vitest";
import { type Measures, measure } from "./measures.ts";
import { DEFAULTS, type SimulationOptions } from "./options.ts";
import { simulate } from "./simulation.ts";
import { simulateInThreads } from "./threads.ts";

const options: SimulationOptions = { ...DEFAULTS, viewers: 18, seconds: 30, isps: 2, ladderKbps: [1500] };
const quiet = (): void => {};
let inThreads: Measures;
let inShards: Measures;
let whole: Measures;

beforeAll(async () => {
  inThreads = measure(await simulateInThreads(options, true, quiet, 2));
  inShards = measure(await simulate(options, true, quiet, 2));
  whole = measure(await simulate(options, true));
});

test("threads play what as many shards play in one thread, to the last event and byte", () => {
  expect(inThreads).toEqual(inShards);
});

test("viewers of different shards share with each other", () => {
  expect(inThreads.neighbours.mean).toBeCloseTo(whole.neighbours.mean, 0);
  expect(inThreads.whole.offload).toBeCloseTo(whole.whole.offload, 1);
  expect(inThreads.wrongBytes).toBe(0);
  expect(inThreads.startupMs).toEqual(whole.startupMs);
  expect(inThreads.stallMs).toBeLessThanOrEqual(whole.stallMs);
});

test("a thread that fails ends the run with its error", async () => {
  const broken = { ...options, brownOut: { fromMs: 1, durationMs: 1, share: 1 } };
  await expect(simulateInThreads(broken, true, quiet, 2)).rejects.toThrow("no CDN in common");
});
