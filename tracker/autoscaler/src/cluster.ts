import type { Target } from "./config.ts";
import type { HeldLease, LeaseRecord } from "./election.ts";

/** An event as it is announced, not yet read. */
export interface AnnouncedEvent {
  readonly name: string;
  readonly spec: unknown;
  /** What was last written to it; `null` where it has no place for a status. */
  readonly status: EventStatus | null;
  readonly generation: number;
}

export interface Condition {
  readonly type: "Ready" | "Short";
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

export interface EventStatus {
  readonly observedGeneration?: number;
  readonly phase?: "Scheduled" | "Preparing" | "Live" | "Over" | "Invalid";
  readonly plannedReplicas?: number;
  readonly readyReplicas?: number;
  readonly conditions?: readonly Condition[];
}

/** How the floor stands. */
export interface Floor {
  readonly least: number;
  readonly most: number;
  /** When it was lowered last, milliseconds since 1970; 0: never. */
  readonly lastStepMs: number;
  /** A change is refused where this is no longer so. */
  readonly version: string;
}

export interface TrackerPod {
  readonly name: string;
  readonly ip: string;
  readonly isReady: boolean;
  /** By which it is taken away earlier or later; `null` where it was not marked. */
  readonly deletionCost: number | null;
}

/** What an operator reads with `kubectl get events`. */
export interface Notice {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly about: { readonly apiVersion: string; readonly kind: string; readonly name: string };
}

/** Somebody else changed it meanwhile: look again. */
export class ConflictError extends Error {
  readonly code = "conflict";
  override readonly name = "ConflictError";
}

/** The API as the autoscaler uses it: small requests, no watch that could be lost. Every promise may reject. */
export interface Cluster {
  /** Events, and the API's clock as its answer names it, milliseconds since 1970 (`null` where it names none). */
  announced(): Promise<{ readonly events: readonly AnnouncedEvent[]; readonly serverMs: number | null }>;
  floor(target: Target): Promise<Floor>;
  /** @param lastStepMs set where the floor is lowered @throws ConflictError */
  setFloor(target: Target, from: Floor, least: number, lastStepMs: number | null): Promise<void>;
  pods(target: Target): Promise<readonly TrackerPod[]>;
  /** Pods of a low cost are deleted first. */
  setDeletionCost(pod: string, cost: number): Promise<void>;
  setStatus(event: string, status: EventStatus): Promise<void>;
  notice(notice: Notice): Promise<void>;
  /** `null` where there is none. */
  lease(): Promise<HeldLease | null>;
  /** @param version `null` where there is none yet @throws ConflictError */
  putLease(record: LeaseRecord, version: string | null): Promise<void>;
}
