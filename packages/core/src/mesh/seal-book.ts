import { editionOf, type Seal, type SealKey, type SegmentId, type SwarmId } from "@shoal/protocol";
import type { Integrity } from "./integrity.ts";

/**
 * What became of an offered seal. `forged` convicts its sender; `unknown-key` and `old` convict nobody: keys change,
 * and a seal that was true once is not a lie.
 */
export type SealVerdict = "new" | "known" | "old" | "forged" | "unknown-key";

const KEPT_SEALS = 512;

/** The seals this viewer believes: one for each segment id, the newest. */
export class SealBook {
  readonly #integrity: Integrity;
  readonly #swarm: SwarmId;
  readonly #keys = new Map<string, SealKey>();
  readonly #seals = new Map<SegmentId, Seal>();
  /** Editions that some true seal named, current or not. */
  readonly #editions = new Map<SegmentId, Set<number>>();
  /** The oldest `sealedAtMs` still believed of an id. */
  readonly #notBefore: (id: SegmentId) => number;

  /** @param notBefore the oldest server time, milliseconds since 1970, at which a seal of this segment still counts */
  constructor(integrity: Integrity, swarm: SwarmId, notBefore: (id: SegmentId) => number) {
    this.#integrity = integrity;
    this.#swarm = swarm;
    this.#notBefore = notBefore;
  }

  /** Adds keys; a key once given is kept. */
  addKeys(keys: readonly SealKey[]): void {
    for (const key of keys) if (!this.#keys.has(key.keyId)) this.#keys.set(key.keyId, key);
  }

  /** The seal believed of a segment now. */
  get(id: SegmentId): Seal | null {
    const seal = this.#seals.get(id);
    return seal && seal.sealedAtMs >= this.#notBefore(id) ? seal : null;
  }

  /** True if some true seal, even an old one, named this edition of the segment. */
  everTrue(id: SegmentId, edition: number): boolean {
    return this.#editions.get(id)?.has(edition) ?? false;
  }

  /** Judges a seal and keeps it if it is true and the newest. */
  async offer(seal: Seal): Promise<SealVerdict> {
    const before = this.#seals.get(seal.segmentId);
    if (before && sameBytes(before.signature, seal.signature)) return "known";
    const key = this.#keys.get(seal.keyId);
    if (!key) return "unknown-key";
    if (!(await this.#integrity.verify(seal, this.#swarm, key))) return "forged";
    const edition = editionOf(seal);
    const editions = this.#editions.get(seal.segmentId) ?? new Set();
    this.#editions.set(seal.segmentId, editions.add(edition));
    const current = this.#seals.get(seal.segmentId);
    if (seal.sealedAtMs < this.#notBefore(seal.segmentId)) return "old";
    if (current && current.sealedAtMs >= seal.sealedAtMs) {
      return editionOf(current) === edition ? "known" : "old";
    }
    this.#seals.delete(seal.segmentId);
    this.#seals.set(seal.segmentId, seal);
    this.#forgetOldest();
    return current && editionOf(current) === edition ? "known" : "new";
  }

  /** Forgets the seal of a segment: the CDN's bytes contradict it, or the segment was listed anew. */
  forget(id: SegmentId): void {
    this.#seals.delete(id);
  }

  #forgetOldest(): void {
    for (const id of this.#seals.keys()) {
      if (this.#seals.size <= KEPT_SEALS) return;
      this.#seals.delete(id);
      this.#editions.delete(id);
    }
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
