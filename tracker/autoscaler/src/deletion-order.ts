import type { Cluster, TrackerPod } from "./cluster.ts";

/** Pods and what they are to come down to. */
export interface Surplus {
  readonly ready: number;
  readonly floor: number;
  /** Where the floor goes now; may be the same. */
  readonly nextFloor: number;
  /** When pods were marked last, milliseconds since 1970; `null`: not yet. */
  readonly markedMs: number | null;
  readonly nowMs: number;
  readonly everyMs: number;
}

/**
 * Whether pods are to be marked by their viewers now: before each step down, and every so often while there are more of them
 * than the floor. Of those the HPA takes some when load falls or a window of its own is over, and it does not ask before.
 */
export function areMarksDue({ ready, floor, nextFloor, markedMs, nowMs, everyMs }: Surplus): boolean {
  if (nextFloor < floor) return true;
  if (ready <= nextFloor) return false;
  // Marks that lie ahead of now were made by a clock that was ahead.
  return markedMs === null || Math.abs(nowMs - markedMs) >= everyMs;
}

/** The order in which Kubernetes takes pods away: those with fewest viewers first. */
export class DeletionOrder {
  readonly #cluster: Pick<Cluster, "setDeletionCost">;
  readonly #markedMs = new Map<string, number>();

  constructor(cluster: Pick<Cluster, "setDeletionCost">) {
    this.#cluster = cluster;
  }

  /** When a zone's pods were marked last, milliseconds since 1970; `null`: not yet. */
  markedMs(zone: string): number | null {
    return this.#markedMs.get(zone) ?? null;
  }

  /** Marks a zone's pods. Those that have gone, and those whose count is not known or the same, are left as they are. */
  async mark(
    zone: string,
    pods: readonly TrackerPod[],
    sockets: ReadonlyMap<string, number>,
    nowMs: number,
  ): Promise<void> {
    for (const { name, deletionCost } of pods) {
      const cost = sockets.get(name);
      // Without a mark a pod counts as one of cost 0.
      if (cost === undefined || cost === (deletionCost ?? 0)) continue;
      await this.#cluster.setDeletionCost(name, cost).catch(ignoreGone);
    }
    this.#markedMs.set(zone, nowMs);
  }
}

function ignoreGone(): void {}
