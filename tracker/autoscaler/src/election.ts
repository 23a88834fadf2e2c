/** As much of a Lease as the election goes by. */
export interface LeaseRecord {
  readonly holder: string;
  readonly seconds: number;
  readonly renewed: string;
  readonly transitions: number;
}

/** A Lease as it is held, and its version, which every change of it changes. */
export interface HeldLease {
  readonly record: LeaseRecord;
  readonly version: string;
}

/** What was seen of the Lease, by one's own clock alone: clocks of others may be anywhere. */
export interface Observation extends HeldLease {
  /** When this version was seen first, milliseconds of a clock that never goes back. */
  readonly sinceMs: number;
}

export type ElectionMove = "renew" | "take" | "wait";

/** What was seen, after another look. A version that is as it was keeps its moment. */
export function observe(before: Observation | null, held: HeldLease, nowMs: number): Observation {
  return before?.version === held.version ? before : { ...held, sinceMs: nowMs };
}

/** Whether to renew, to take over a Lease that nobody has renewed for its whole length, or to wait. */
export function nextMove(seen: Observation, identity: string, nowMs: number): ElectionMove {
  if (seen.record.holder === identity) return "renew";
  if (seen.record.holder === "") return "take";
  return nowMs - seen.sinceMs >= seen.record.seconds * 1_000 ? "take" : "wait";
}

/** A leader that could not renew for two thirds of the Lease no longer counts itself one: another may soon. */
export function stillLeads(renewedAtMs: number, leaseSeconds: number, nowMs: number): boolean {
  return nowMs - renewedAtMs < (leaseSeconds * 1_000 * 2) / 3;
}
