/** Turns are kept by slots of so long, milliseconds; a second has a whole number of them. */
const SLOT_MS = 250;
const SLOTS = 20;

/** Viewers are told to wait this long for their turn at most, milliseconds. */
export const QUEUE_MS = SLOTS * SLOT_MS;

/**
 * Turns of the next seconds that were given out. Each slot takes what the rate of now allows, so that a rate that rises is
 * felt at once: given out one behind the other, turns would answer to what the rate was five seconds ago.
 */
export class Turns {
  /** Turns given, by slot; the first is the one of now. */
  readonly #given = new Array<number>(SLOTS).fill(0);
  #first = 0;

  /** @returns after how long, milliseconds, or null where all slots are taken */
  take(nowMs: number, rate: number): number | null {
    this.#advance(Math.floor(nowMs / SLOT_MS));
    const most = (rate * SLOT_MS) / 1_000;
    for (let at = 0; at < SLOTS; at++) {
      const given = this.#given[(this.#first + at) % SLOTS] ?? 0;
      if (given + 1 > most && given > 0) continue;
      this.#given[(this.#first + at) % SLOTS] = given + 1;
      const turnMs = (this.#first + at + given / Math.max(most, 1)) * SLOT_MS;
      return Math.max(0, turnMs - nowMs);
    }
    return null;
  }

  #advance(slot: number): void {
    if (slot <= this.#first) return;
    for (let at = this.#first; at < Math.min(slot, this.#first + SLOTS); at++) this.#given[at % SLOTS] = 0;
    this.#first = slot;
  }
}
