import type { AnnouncedEvent, Condition, EventStatus } from "./cluster.ts";
import { beginsMs } from "./floor.ts";
import type { LiveEvent } from "./live-event.ts";

/** How an event's pods stand, of all zones together. */
export interface Standing {
  readonly plannedReplicas: number;
  readonly readyReplicas: number;
  /** Fewer are allowed than are wanted. */
  readonly isCapped: boolean;
}

/** In the last part of its lead an event whose pods are not ready is short of them. */
const SHORT_AFTER = 0.5;

/** Where an event stands at a moment. */
export function phaseOf(event: LiveEvent, nowMs: number): "Scheduled" | "Preparing" | "Live" | "Over" {
  if (nowMs >= event.endMs) return "Over";
  if (nowMs >= event.startMs) return "Live";
  return nowMs >= beginsMs(event) ? "Preparing" : "Scheduled";
}

/** The status of an event, pure; moments of transitions are kept where nothing changed. */
export function statusOf(announced: AnnouncedEvent, event: LiveEvent, standing: Standing, nowMs: number): EventStatus {
  const phase = phaseOf(event, nowMs);
  const { plannedReplicas, readyReplicas, isCapped } = standing;
  const isMeant = phase === "Preparing" || phase === "Live";
  const isReady = isMeant && readyReplicas >= plannedReplicas && !isCapped;
  const isLate = nowMs >= event.startMs - event.leadMs * (1 - SHORT_AFTER);
  const isShort = isMeant && (isCapped || (isLate && !isReady));
  const of = `${readyReplicas} of ${plannedReplicas} trackers are ready.`;
  const before = announced.status?.conditions ?? [];
  const why = isCapped ? "CappedByMost" : isShort ? "PodsNotReady" : "Enough";
  return {
    observedGeneration: announced.generation,
    ...{ phase, plannedReplicas, readyReplicas },
    conditions: [
      condition(before, "Ready", isReady, isReady ? "PodsReady" : isMeant ? "PodsMissing" : phase, of, nowMs),
      condition(before, "Short", isShort, why, isCapped ? `${of} More are not allowed.` : of, nowMs),
    ],
  };
}

/** The status of an event that cannot be read. */
export function invalidStatus(announced: AnnouncedEvent, reason: string, nowMs: number): EventStatus {
  const before = announced.status?.conditions ?? [];
  return {
    ...{ observedGeneration: announced.generation, phase: "Invalid", plannedReplicas: 0, readyReplicas: 0 },
    conditions: [condition(before, "Ready", false, "Invalid", reason, nowMs)],
  };
}

/** Whether two say the same; conditions' moments follow from the rest. */
export function isSameStatus(a: EventStatus | null, b: EventStatus): boolean {
  const key = (status: EventStatus | null): string =>
    JSON.stringify([
      ...[status?.observedGeneration, status?.phase, status?.plannedReplicas, status?.readyReplicas],
      ...(status?.conditions ?? []).map(({ type, status: value, reason, message }) => [type, value, reason, message]),
    ]);
  return key(a) === key(b);
}

function condition(
  before: readonly Condition[],
  type: Condition["type"],
  isTrue: boolean,
  reason: string,
  message: string,
  nowMs: number,
): Condition {
  const status = isTrue ? "True" : "False";
  const same = before.find((one) => one.type === type && one.status === status);
  return {
    type,
    status,
    reason,
    message,
    lastTransitionTime: same?.lastTransitionTime ?? new Date(nowMs).toISOString(),
  };
}
