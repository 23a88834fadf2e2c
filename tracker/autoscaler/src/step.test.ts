import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextStep, type Situation } from "./step.ts";

const SITUATION: Situation = {
  ...{ current: 100, wanted: 2, most: 200, isEvent: false, socketPods: 0, lastStepMs: 0, nowMs: 1_000_000_000 },
  ...{ stepDownPercent: 10, stepDownMs: 60_000 },
};
const step = (more: Partial<Situation>) => nextStep({ ...SITUATION, ...more });

describe("the next floor", () => {
  it("is up at once, as far as is allowed, and says where more is wanted", () => {
    expect(step({ wanted: 150 })).toEqual({ floor: 150, reason: "Raise", isCapped: false });
    expect(step({ wanted: 500 })).toEqual({ floor: 200, reason: "Raise", isCapped: true });
  });

  it("is never down during an event, nor while sockets are unknown, nor below them", () => {
    expect(step({ isEvent: true })).toMatchObject({ floor: 100, reason: "EventUnderWay" });
    expect(step({ socketPods: null })).toMatchObject({ floor: 100, reason: "SocketsUnknown" });
    expect(step({ socketPods: 95 })).toMatchObject({ floor: 95, reason: "OpenSockets" });
    expect(step({ socketPods: 120 })).toMatchObject({ floor: 120, reason: "Raise" });
  });

  it("is a step down and then waits for the next", () => {
    expect(step({})).toMatchObject({ floor: 90, reason: "Lower" });
    const { nowMs } = SITUATION;
    expect(step({ lastStepMs: nowMs - 59_999 })).toMatchObject({ floor: 100, reason: "Waiting" });
    expect(step({ lastStepMs: nowMs - 60_000 })).toMatchObject({ floor: 90 });
    expect(step({ current: 3 })).toMatchObject({ floor: 2 });
  });

  it("does not wait for years where the last step was made by a clock that was ahead", () => {
    expect(step({ lastStepMs: SITUATION.nowMs + 30_000 })).toMatchObject({ reason: "Waiting" });
    expect(step({ lastStepMs: SITUATION.nowMs + 1e12 })).toMatchObject({ floor: 90 });
  });

  it("whatever the situation: within what is allowed, raise-only in an event, no more than a step down", () => {
    const whole = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(
        fc.record({
          ...{ current: fc.integer({ min: 1, max: 200 }), wanted: whole(400), isEvent: fc.boolean() },
          socketPods: fc.option(whole(300)),
          ...{ lastStepMs: whole(2e9), nowMs: whole(2e9), stepDownPercent: fc.integer({ min: 1, max: 100 }) },
        }),
        (more) => {
          const { floor } = step({ ...more, most: 200 });
          expect(floor).toBeLessThanOrEqual(200);
          expect(floor).toBeGreaterThanOrEqual(Math.min(200, more.socketPods ?? more.current, more.wanted));
          if (more.isEvent || more.socketPods === null) expect(floor).toBeGreaterThanOrEqual(more.current);
          expect(more.current - floor).toBeLessThanOrEqual(Math.max(1, (more.current * more.stepDownPercent) / 100));
          if (more.socketPods !== null)
            expect(floor).toBeGreaterThanOrEqual(Math.min(200, more.current, more.socketPods));
        },
      ),
      { seed: 1 },
    );
  });
});
