import type { PeerId } from "@shoal/protocol";

/** An offer that nobody answers for so long came to nothing, milliseconds. */
export const ANSWER_WITHIN_MS = 20_000;
const MAX_OPEN = 65_536;

interface Offer {
  readonly to: PeerId;
  readonly untilMs: number;
  answered: boolean;
}

/** Offers to connect that were relayed, and whether anything came back. */
export class Offers {
  /** In the order in which they were made, which is that in which they end. */
  readonly #open = new Map<string, Offer>();

  get size(): number {
    return this.#open.size;
  }

  /** A signal went from one viewer to another: an offer, more of it, or its answer. */
  relayed(from: PeerId, to: PeerId, attempt: number, nowMs: number): void {
    const answered = this.#open.get(keyOf(to, from, attempt));
    if (answered) {
      answered.answered = true;
      return;
    }
    const key = keyOf(from, to, attempt);
    if (this.#open.has(key) || this.#open.size >= MAX_OPEN) return;
    this.#open.set(key, { to, untilMs: nowMs + ANSWER_WITHIN_MS, answered: false });
  }

  /** Forgets the offers whose time is over. @returns who left one without an answer */
  expire(nowMs: number): PeerId[] {
    const silent: PeerId[] = [];
    for (const [key, offer] of this.#open) {
      if (offer.untilMs > nowMs) break;
      this.#open.delete(key);
      if (!offer.answered) silent.push(offer.to);
    }
    return silent;
  }
}

const keyOf = (from: PeerId, to: PeerId, attempt: number): string => `${from}${to}${attempt}`;
