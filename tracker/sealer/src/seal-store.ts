import type { SegmentId, TrackId } from "@shoal/protocol";

/** A seal as it is kept. */
export interface StoredSeal {
  readonly segmentId: SegmentId;
  readonly trackIds: readonly TrackId[];
  /** `encodeSeal` */
  readonly bytes: Uint8Array;
}

interface Slot {
  readonly seal: StoredSeal;
  /** When its playlist stopped listing it; `null` while it is listed. */
  goneAtMs: number | null;
}

/** The seals of one swarm: those listed, those gone for a while, at most so many of all. */
export class SealStore {
  readonly #slots = new Map<SegmentId, Slot>();
  readonly #limit: number;

  /** @param limit the one that was used longest ago goes first */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#slots.size;
  }

  get(segmentId: SegmentId): StoredSeal | undefined {
    const slot = this.#slots.get(segmentId);
    if (!slot) return undefined;
    this.#slots.delete(segmentId);
    this.#slots.set(segmentId, slot);
    return slot.seal;
  }

  put(seal: StoredSeal): void {
    this.#slots.delete(seal.segmentId);
    this.#slots.set(seal.segmentId, { seal, goneAtMs: null });
    for (const oldest of this.#slots.keys()) {
      if (this.#slots.size <= this.#limit) break;
      this.#slots.delete(oldest);
    }
  }

  drop(segmentId: SegmentId): void {
    this.#slots.delete(segmentId);
  }

  /** Keeps a seal for viewers that are behind, until {@link expire}. */
  noteGone(segmentId: SegmentId, nowMs: number): void {
    const slot = this.#slots.get(segmentId);
    if (slot) slot.goneAtMs ??= nowMs;
  }

  /** Drops the seals of `segmentIds` that were gone by `beforeMs`, or all that were. */
  expire(beforeMs: number): void {
    for (const [segmentId, { goneAtMs }] of this.#slots) {
      if (goneAtMs !== null && goneAtMs <= beforeMs) this.#slots.delete(segmentId);
    }
  }

  /** The newest `limit` seals, oldest first. */
  recent(limit: number): readonly StoredSeal[] {
    return [...this.#slots.values()].slice(-limit).map((slot) => slot.seal);
  }
}
