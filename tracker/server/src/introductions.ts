import type { PeerId } from "@shoal/protocol";

/** Who was named to whom in an answer. Only they may signal to each other, either of them first. */
export class Introductions {
  readonly #known = new Map<PeerId, Set<PeerId>>();
  readonly #limit: number;

  /** @param limit introductions kept for one viewer; the oldest is forgotten first */
  constructor(limit: number = 512) {
    this.#limit = limit;
  }

  /** Introductions that are remembered. */
  get size(): number {
    let size = 0;
    for (const known of this.#known.values()) size += known.size;
    return size;
  }

  /** Noted once, with the one who was given the other's name. */
  introduce(owner: PeerId, other: PeerId): void {
    let known = this.#known.get(owner);
    if (!known) {
      known = new Set();
      this.#known.set(owner, known);
    }
    known.delete(other);
    known.add(other);
    if (known.size <= this.#limit) return;
    for (const oldest of known) {
      known.delete(oldest);
      break;
    }
  }

  know(a: PeerId, b: PeerId): boolean {
    return this.#known.get(a)?.has(b) || this.#known.get(b)?.has(a) || false;
  }

  /** Everybody that a viewer was given the name of. */
  of(peerId: PeerId): Iterable<PeerId> {
    return this.#known.get(peerId) ?? [];
  }

  /** Forgets whom a viewer that left was introduced to; who was introduced to it finds it gone. */
  forget(peerId: PeerId): void {
    this.#known.delete(peerId);
  }
}
