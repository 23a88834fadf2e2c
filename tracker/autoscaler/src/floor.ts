import type { LiveEvent } from "./live-event.ts";

/** A wave that begins within the lead is prepared for whole, milliseconds. */
const WAVE_MS = 60_000;

/** What one pod can do. */
export interface CapacityModel {
  readonly viewersPerPod: number;
  /** Joins a second. */
  readonly joinsPerPod: number;
  /** Pods to spare in each zone while there is an event. */
  readonly sparePods: number;
  /** Pods of each zone without any event. */
  readonly leastPods: number;
}

/** From the moment its pods are asked for until its end; from the end on its viewers leave. */
export function isUnderWay(event: LiveEvent, nowMs: number): boolean {
  return nowMs >= beginsMs(event) && nowMs < event.endMs;
}

/** When pods are asked for: a lead before the first viewer, or before the start where that is sooner. */
export function beginsMs(event: LiveEvent): number {
  return Math.min(event.startMs, event.curve[0]?.atMs ?? event.startMs) - event.leadMs;
}

/** Viewers of an event that are there at a moment: a line through the points of its curve, flat before and after them. */
export function viewersAt(event: LiveEvent, atMs: number): number {
  const { curve, viewers } = event;
  const next = curve.findIndex((point) => point.atMs >= atMs);
  const after = curve[next === -1 ? curve.length - 1 : next];
  const before = next <= 0 ? undefined : curve[next - 1];
  if (!after) return viewers;
  // Before the first point its viewers have not come, unless they are there from the first moment on.
  if (next === 0) return atMs >= after.atMs ? (viewers * after.percent) / 100 : 0;
  if (!before || next === -1) return (viewers * after.percent) / 100;
  const share = (atMs - before.atMs) / (after.atMs - before.atMs);
  return (viewers * (before.percent + share * (after.percent - before.percent))) / 100;
}

/** Joins a second of an event in the stretch of its curve that begins at a moment; viewers who leave join nothing. */
export function joinsAt(event: LiveEvent, atMs: number): number {
  const at = event.curve.findLastIndex((point) => point.atMs <= atMs);
  const from = event.curve[at];
  const to = event.curve[at + 1];
  if (!from || !to) return 0;
  return Math.max(0, (event.viewers * (to.percent - from.percent)) / 100 / ((to.atMs - from.atMs) / 1_000));
}

/** The part of an event's viewers that a zone of `zones` has; a zone that the event does not name has none. */
export function shareOf(event: LiveEvent, zone: string, zones: readonly string[]): number {
  const named = zones.filter((one) => event.zones.has(one));
  // Names that fit none of ours mean nothing: better all prepared than none.
  if (named.length === 0) return 1 / zones.length;
  const sum = named.reduce((total, one) => total + (event.zones.get(one) ?? 0), 0);
  return sum === 0 ? 1 / zones.length : (event.zones.get(zone) ?? 0) / sum;
}

/**
 * Pods that a zone must have now so that everybody who comes within the lead is taken in: the most that any moment from now
 * to now and the lead asks for, of all events together. Pure; never less than `leastPods`.
 */
export function floorOf(
  events: readonly LiveEvent[],
  model: CapacityModel,
  nowMs: number,
  zone: string,
  zones: readonly string[],
): number {
  const near = events.filter((event) => isUnderWay(event, nowMs));
  const untilMs = nowMs + WAVE_MS + Math.max(0, ...near.map(({ leadMs }) => leadMs));
  const points = near.flatMap(turnsOf);
  const moments = [nowMs, ...points.filter((atMs) => atMs > nowMs && atMs < untilMs), untilMs];
  return podsFor(near, model, moments, zone, zones);
}

/** Pods that a zone needs at the peak of an event, were it alone. */
export function peakOf(event: LiveEvent, model: CapacityModel, zone: string, zones: readonly string[]): number {
  return podsFor([event], model, turnsOf(event), zone, zones);
}

/** Between two of these moments every line is straight: the most is at one of them. A curve may go on beyond the end. */
const turnsOf = ({ curve, endMs }: LiveEvent): readonly number[] => [...curve.map(({ atMs }) => atMs), endMs];

function podsFor(
  events: readonly LiveEvent[],
  model: CapacityModel,
  moments: readonly number[],
  zone: string,
  zones: readonly string[],
): number {
  let most = 0;
  for (const atMs of moments) {
    let viewers = 0;
    let joins = 0;
    for (const event of events) {
      // At its last moment everybody is still there.
      if (atMs > event.endMs) continue;
      const share = shareOf(event, zone, zones);
      viewers += share * viewersAt(event, atMs);
      joins += share * joinsAt(event, atMs);
    }
    most = Math.max(most, viewers / model.viewersPerPod, joins / model.joinsPerPod);
  }
  // A hair more than a whole pod is the rounding of halves and thirds.
  return Math.max(model.leastPods, Math.ceil(most - 1e-9) + (most > 0 ? model.sparePods : 0));
}
