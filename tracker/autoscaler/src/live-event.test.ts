import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { event, KICK_OFF_MS, spec } from "./events.fixture.ts";
import { readLiveEvent } from "./live-event.ts";

describe("a LiveEvent", () => {
  it("without a curve has all its viewers 20 s after the start", () => {
    expect(event().curve).toEqual([
      { atMs: KICK_OFF_MS, percent: 0 },
      { atMs: KICK_OFF_MS + 20_000, percent: 100 },
    ]);
  });

  it("has its curve in order of time, and its zones as parts of one", () => {
    const read = event({
      joinCurve: [
        { afterSeconds: 60, percent: 100 },
        { afterSeconds: -600, percent: 10 },
      ],
      zones: [
        { name: "a", percent: 30 },
        { name: "b", percent: 10 },
      ],
    });
    expect(read.curve.map(({ percent }) => percent)).toEqual([10, 100]);
    expect([...read.zones]).toEqual([
      ["a", 0.75],
      ["b", 0.25],
    ]);
  });

  it.each([
    [{ streams: [] }, "spec.streams"],
    [{ start: "soon" }, "spec.start"],
    [{ end: new Date(KICK_OFF_MS - 1).toISOString() }, "spec.end"],
    [{ expectedViewers: 1.5 }, "spec.expectedViewers"],
    [{ leadMinutes: -1 }, "spec.leadMinutes"],
    [{ joinCurve: [] }, "spec.joinCurve"],
    [
      {
        joinCurve: [
          { afterSeconds: 0, percent: 1 },
          { afterSeconds: 0, percent: 2 },
        ],
      },
      "spec.joinCurve",
    ],
    [{ zones: [{ name: "a", percent: 0 }] }, "spec.zones"],
  ])("with %j is refused by name", (more, words) => {
    const read = readLiveEvent("final", spec(more), 0);
    expect(read).toMatchObject({ ok: false, reason: expect.stringContaining(words) });
  });

  it("of whatever JSON is read or refused, never a crash", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (all, joinCurve, zones) => {
        expect(typeof readLiveEvent("x", all, 0).ok).toBe("boolean");
        expect(typeof readLiveEvent("x", spec({ joinCurve, zones }), 0).ok).toBe("boolean");
      }),
      { seed: 1 },
    );
  });
});
