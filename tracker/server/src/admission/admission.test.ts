import { expect, it } from "vitest";
import { AdmissionControl, type AdmissionLimits, type PodLoad } from "./admission.ts";

const LIMITS: AdmissionLimits = { maxSockets: 100, joinsPerSecond: 1_000, maxLoopDelayMs: 100, maxResidentBytes: 1e9 };
const IDLE: PodLoad = { sockets: 0, residentBytes: 1e8, loopDelayMs: 1, busyShare: 0.3 };
const control = (limits: Partial<AdmissionLimits> = {}) => new AdmissionControl({ ...LIMITS, ...limits }, () => 0.5);

it("gives turns at its rate, a few seconds ahead, and tells the rest when to ask again", () => {
  const admission = control({ joinsPerSecond: 100 });
  const answers = Array.from({ length: 2_000 }, () => admission.assign(IDLE, 10_000));
  const taken = answers.filter((answer) => answer.ok);
  // Five seconds' worth, one after the other.
  expect(taken.length).toBe(500);
  const delays = taken.map(({ delayMs }) => delayMs);
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  expect(delays.at(-1)).toBeLessThanOrEqual(5_000);
  expect(answers.at(-1)).toEqual({ ok: false, reason: "joins", retryAfterMs: 45_000 });
  expect(admission.assign(IDLE, 12_000).ok).toBe(true);
});

it("takes nobody while it has too many sockets, too little memory, or a loop that stands", () => {
  const admission = control();
  expect(admission.assign({ ...IDLE, sockets: 100 }, 0)).toMatchObject({ reason: "sockets" });
  expect(admission.enter({ ...IDLE, residentBytes: 2e9 }, true, 0)).toBe("memory");
  expect(admission.enter({ ...IDLE, loopDelayMs: 2_000 }, true, 0)).toBe("loop-delay");
  expect(admission.enter(IDLE, true, 0)).toBeNull();
});

it("keeps what another pod promised within reason, and takes who was promised nothing only in time", () => {
  const admission = control({ joinsPerSecond: 10 });
  const enter = (isAssigned: boolean) => admission.enter(IDLE, isAssigned, 5_000);
  // A quarter of a second's worth at once, and a second's worth more for those who were given a turn.
  for (let n = 0; n < 3; n++) expect(enter(false)).toBeNull();
  expect(enter(false)).toBe("joins");
  for (let n = 0; n < 10; n++) expect(enter(true)).toBeNull();
  expect(enter(true)).toBe("joins");
});

it("finds what the process can do: up while the loop has time, down while it is busy or late", () => {
  const admission = control();
  const flood = (nowMs: number, load: PodLoad) => {
    for (let n = 0; n < 5_000; n++) admission.enter(load, false, nowMs);
    admission.look(load);
  };
  expect(admission.rate).toBe(400);
  for (let n = 0; n < 20; n++) flood(n * 250, IDLE);
  expect(admission.rate).toBe(1_000);
  // Late once is no reason, twice is.
  flood(5_000, { ...IDLE, loopDelayMs: 150 });
  expect(admission.rate).toBe(1_000);
  flood(5_250, { ...IDLE, loopDelayMs: 150 });
  expect(admission.rate).toBe(800);
  for (let n = 0; n < 100; n++) {
    admission.enter(IDLE, false, 6_000 + n * 250);
    admission.look({ ...IDLE, busyShare: 1 });
  }
  expect(admission.rate).toBe(100);
  // Nobody is turned away: there is no reason to try more.
  admission.look(IDLE);
  expect(admission.rate).toBe(100);
});

it("has no rate where none is wanted", () => {
  const admission = control({ joinsPerSecond: 0 });
  for (let n = 0; n < 10_000; n++) expect(admission.assign(IDLE, 0)).toEqual({ ok: true, delayMs: 0 });
});
