import { type LiveEvent, readLiveEvent } from "./live-event.ts";

export const KICK_OFF_MS = Date.parse("2030-07-14T18:00:00Z");
export const MINUTE_MS = 60_000;
export const MODEL = { viewersPerPod: 10_000, joinsPerPod: 1_000, sparePods: 1, leastPods: 2 };

/** A spec as an operator writes it. */
export const spec = (more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  ...{ streams: ["live/final"], expectedViewers: 1_000_000 },
  ...{ start: new Date(KICK_OFF_MS).toISOString(), end: new Date(KICK_OFF_MS + 120 * MINUTE_MS).toISOString() },
  ...more,
});

export function event(more: Readonly<Record<string, unknown>> = {}): LiveEvent {
  const read = readLiveEvent("final", spec(more), 25 * MINUTE_MS);
  if (!read.ok) throw new Error(read.reason);
  return read.event;
}
