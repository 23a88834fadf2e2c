import { expect, it } from "vitest";
import { SCENARIOS, scenarioOf } from "./scenarios.ts";
import { leastSeconds, timetable } from "./timetable.ts";
import { isHit } from "./viewer-settings.ts";

const options = { viewers: 3, seconds: 60, joinGapMs: 2_000 };

it("lets viewers join one after the other, settle, and end", () => {
  const { acts, steadyMs, endMs } = timetable(scenarioOf("live"), options);
  expect(acts.map(({ atMs, kind }) => [atMs, kind])).toEqual([
    [0, "join"],
    [2_000, "join"],
    [4_000, "join"],
    [24_000, "steady"],
    [64_000, "end"],
  ]);
  expect({ steadyMs, endMs }).toEqual({ steadyMs: 24_000, endMs: 64_000 });
});

it("replaces the oldest viewer, so that their number stays", () => {
  const { acts, viewers } = timetable(scenarioOf("churn"), options);
  const leaving = acts.flatMap((act) => (act.kind === "leave" ? act.viewer : []));
  expect(leaving).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(viewers).toBe(3 + leaving.length);
  let present = 0;
  for (const { kind, atMs } of acts) {
    present += kind === "join" ? 1 : kind === "leave" ? -1 : 0;
    if (atMs > 24_000 && kind === "join") expect(present).toBe(3);
  }
});

it.each(SCENARIOS)("%s has time to settle, and to recover from what goes wrong", (name) => {
  const scenario = scenarioOf(name);
  const { endMs, steadyMs, trouble } = timetable(scenario, { ...options, seconds: leastSeconds(scenario) });
  expect(endMs).toBeGreaterThan(steadyMs);
  if (trouble) {
    expect(trouble.fromMs).toBeGreaterThan(steadyMs);
    expect(endMs).toBeGreaterThan(trouble.toMs);
  }
});

it("hits the share of viewers that a fault is for, early and late ones alike", () => {
  const hitBy = (share: number) =>
    Array.from({ length: 6 }, (_, viewer) =>
      isHit(viewer, { trouble: { kind: "fails", share, afterMs: 0, lastsMs: 0 } }),
    );
  expect(hitBy(0.5)).toEqual([false, true, false, true, false, true]);
  expect(hitBy(1)).toEqual(Array(6).fill(true));
  expect(isHit(0, { trouble: null })).toBe(false);
});
