import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { event, KICK_OFF_MS, MINUTE_MS, MODEL } from "./events.fixture.ts";
import { beginsMs, floorOf, isUnderWay, joinsAt, peakOf, viewersAt } from "./floor.ts";
import type { LiveEvent } from "./live-event.ts";

const alone = (events: readonly LiveEvent[], nowMs: number, model = MODEL): number =>
  floorOf(events, model, nowMs, "", [""]);

describe("the floor", () => {
  it("is the least until the lead begins, then what the whole wave needs, and the least again after the end", () => {
    const final = event();
    const leadBegins = KICK_OFF_MS - 25 * MINUTE_MS;
    expect(alone([final], leadBegins - 1)).toBe(2);
    expect(alone([final], leadBegins)).toBe(101);
    expect(alone([final], KICK_OFF_MS + 60 * MINUTE_MS)).toBe(101);
    expect(alone([final], final.endMs)).toBe(2);
  });

  it("follows joins where these need more pods than viewers do", () => {
    expect(alone([event()], KICK_OFF_MS, { ...MODEL, joinsPerPod: 250 })).toBe(201);
  });

  it("rises with a slow curve, a lead ahead of it", () => {
    const slow = event({
      joinCurve: [
        { afterSeconds: 0, percent: 0 },
        { afterSeconds: 6_000, percent: 100 },
      ],
    });
    // 1 % a minute; 25 minutes of lead and the minute that a wave may take.
    expect(alone([slow], KICK_OFF_MS)).toBe(27);
    expect(alone([slow], KICK_OFF_MS + 30 * MINUTE_MS)).toBe(57);
  });

  it("has its peak at the end where the curve goes on beyond it", () => {
    const curve = [
      { atMs: KICK_OFF_MS, percent: 0 },
      { atMs: KICK_OFF_MS + 100 * MINUTE_MS, percent: 100 },
    ];
    const short: LiveEvent = { ...event(), endMs: KICK_OFF_MS + 50 * MINUTE_MS, curve };
    const half = Math.ceil((short.viewers / MODEL.viewersPerPod) * 0.5) + MODEL.sparePods;
    expect(peakOf(short, MODEL, "", [""])).toBe(half);
  });

  it("is divided by zones, in equal parts or as the event says", () => {
    const zones = ["a", "b", "c"];
    expect(zones.map((zone) => floorOf([event()], MODEL, KICK_OFF_MS, zone, zones))).toEqual([35, 35, 35]);
    const uneven = event({
      zones: [
        { name: "a", percent: 80 },
        { name: "b", percent: 20 },
      ],
    });
    expect(zones.map((zone) => floorOf([uneven], MODEL, KICK_OFF_MS, zone, zones))).toEqual([81, 21, 2]);
    const elsewhere = event({ zones: [{ name: "moon", percent: 100 }] });
    expect(floorOf([elsewhere], MODEL, KICK_OFF_MS, "a", zones)).toBe(35);
  });
});

const arbitraryEvent = fc
  .record({
    startMs: fc.integer({ min: 0, max: 40_000_000 }),
    lengthMs: fc.integer({ min: 1, max: 20_000_000 }),
    viewers: fc.integer({ min: 1, max: 2_000_000 }),
    leadMs: fc.integer({ min: 0, max: 5_000_000 }),
    points: fc.uniqueArray(
      fc.record({ after: fc.integer({ min: -2_000_000, max: 10_000_000 }), percent: fc.integer({ min: 0, max: 100 }) }),
      { minLength: 1, maxLength: 6, selector: ({ after }) => after },
    ),
  })
  .map(
    ({ startMs, lengthMs, viewers, leadMs, points }): LiveEvent => ({
      ...{ name: "x", startMs, endMs: startMs + lengthMs, viewers, leadMs, zones: new Map() },
      curve: points
        .toSorted((a, b) => a.after - b.after)
        .map(({ after, percent }) => ({ atMs: startMs + after, percent })),
    }),
  );
const events = fc.array(arbitraryEvent, { maxLength: 5 });
const moment = fc.integer({ min: 0, max: 60_000_000 });

describe("whatever the events", () => {
  it("everybody who is there or comes within the lead finds a pod", () => {
    fc.assert(
      fc.property(events, moment, fc.double({ min: 0, max: 1, noNaN: true }), (all, nowMs, part) => {
        const near = all.filter((one) => isUnderWay(one, nowMs));
        const floor = alone(all, nowMs);
        const atMs = nowMs + part * Math.max(0, ...near.map(({ leadMs }) => leadMs));
        const live = near.filter(({ endMs }) => atMs < endMs);
        const viewers = live.reduce((sum, one) => sum + viewersAt(one, atMs), 0);
        const joins = live.reduce((sum, one) => sum + joinsAt(one, atMs), 0);
        expect(floor * MODEL.viewersPerPod).toBeGreaterThanOrEqual(viewers - 1);
        expect(floor * MODEL.joinsPerPod).toBeGreaterThanOrEqual(joins - 1);
      }),
      { seed: 1 },
    );
  });

  it("one more event, or more viewers, never lowers it; the order of events does not matter", () => {
    fc.assert(
      fc.property(events, arbitraryEvent, moment, (all, more, nowMs) => {
        const floor = alone(all, nowMs);
        expect(alone([...all, more], nowMs)).toBeGreaterThanOrEqual(floor);
        expect(
          alone(
            all.map((one) => ({ ...one, viewers: one.viewers * 2 })),
            nowMs,
          ),
        ).toBeGreaterThanOrEqual(floor);
        expect(alone(all.toReversed(), nowMs)).toBe(floor);
      }),
      { seed: 1 },
    );
  });

  it("zones have together what one would have, and not more than a pod and a spare each above it", () => {
    fc.assert(
      fc.property(events, moment, fc.integer({ min: 1, max: 5 }), (all, nowMs, count) => {
        const zones = Array.from({ length: count }, (_, at) => `z${at}`);
        const none = { ...MODEL, sparePods: 0, leastPods: 0 };
        const whole = alone(all, nowMs, none);
        const sum = zones.reduce((total, zone) => total + floorOf(all, none, nowMs, zone, zones), 0);
        expect(sum).toBeGreaterThanOrEqual(whole);
        expect(sum).toBeLessThanOrEqual(whole + count);
      }),
      { seed: 1 },
    );
  });

  it("is between the least and the sum of the peaks", () => {
    fc.assert(
      fc.property(events, moment, (all, nowMs) => {
        const peaks = all.reduce((sum, one) => sum + peakOf(one, MODEL, "", [""]), 0);
        const floor = alone(all, nowMs);
        expect(floor).toBeGreaterThanOrEqual(MODEL.leastPods);
        expect(floor).toBeLessThanOrEqual(Math.max(MODEL.leastPods, peaks));
      }),
      { seed: 1 },
    );
  });

  it("nothing is asked for before an event's lead", () => {
    fc.assert(
      fc.property(arbitraryEvent, (one) => alone([one], beginsMs(one) - 1) === MODEL.leastPods),
      { seed: 1 },
    );
  });
});
