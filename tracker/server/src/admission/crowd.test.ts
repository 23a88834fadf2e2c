import { describe, expect, it } from "vitest";
import { AdmissionControl } from "./admission.ts";
import { COSTS, crowdedServer, mostJoins } from "./crowded-server.fixture.ts";

/** What a server takes when nobody is refused. */
const CAPACITY = 1_000 / (COSTS.joinMs + 10 * COSTS.signalMs);
const SECONDS = 40;
/** By then it has found its rate. */
const FOUND_SECONDS = 8;

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function run(times: number, asks: boolean) {
  const limits = { maxSockets: 1e9, joinsPerSecond: 10_000, maxLoopDelayMs: 100, maxResidentBytes: 0 };
  const random = seeded(1);
  const offered = times * CAPACITY;
  const rows = crowdedServer(new AdmissionControl(limits, random), offered, SECONDS, random, asks);
  return { rows, most: mostJoins(offered), steady: rows.slice(FOUND_SECONDS) };
}

describe.each([
  ["who come unasked", false],
  ["who ask for their turn", true],
])("a crowd %s", (_, asks) => {
  it.each([0.5, 1, 3, 10])("of %d times what the server can take is served all the time", (times) => {
    const { rows, most, steady } = run(times, asks);
    const least = Math.min(...steady.map(({ joins }) => joins));
    // No stop: in its slowest second it takes most of what it can, and from the first second on it takes some.
    expect(least).toBeGreaterThan(0.7 * Math.min(most, 0.85 * CAPACITY));
    expect(Math.min(...rows.map(({ joins }) => joins))).toBeGreaterThan(0.25 * most);
    // No overshoot: it never takes much more than it can, and nobody who was taken waited long.
    expect(Math.max(...rows.map(({ joins }) => joins))).toBeLessThan(1.25 * most + 250);
    expect(Math.max(...rows.map(({ latestMs }) => latestMs))).toBeLessThanOrEqual(500);
  });
});
