import type { PeerId } from "@shoal/protocol";

/** Who was named to whom in an answer. Only they may signal to each other, either of them first. */
export class Introductions {
  readonly #known = new Map<PeerId, Set<PeerId>>();
  readonly #limit: number;

  /** @param limit introductions kept for one viewer; the oldest is forgotten first */
  constructor(limit: number = 512) {
    this.#limit = limit;
  }

  introduce(a: PeerId, b: PeerId): void {
    this.#note(a, b);
    this.#note(b, a);
  }

  know(a: PeerId, b: PeerId): boolean {
    return this.#known.get(a)?.has(b) ?? false;
  }

  /** Everybody that a viewer was introduced to. */
  of(peerId: PeerId): Iterable<PeerId> {
    return this.#known.get(peerId) ?? [];
  }

  /** Forgets a viewer that left. */
  forget(peerId: PeerId): void {
    for (const other of this.#known.get(peerId) ?? []) this.#drop(other, peerId);
    this.#known.delete(peerId);
  }

  #note(owner: PeerId, other: PeerId): void {
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
      this.#drop(oldest, owner);
      break;
    }
  }

  #drop(owner: PeerId, other: PeerId): void {
    const known = this.#known.get(owner);
    known?.delete(other);
    if (known?.size === 0) this.#known.delete(owner);
  }
}
