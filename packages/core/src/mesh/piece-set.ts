import { MAX_PIECES, type PieceRange } from "@shoal/protocol";

/** Engines keep integers of no more bits without a box. */
const WORD_BITS = 30;

/** Some pieces of one segment: a bit for each. What lies beyond the last possible piece is never in it. */
export class PieceSet {
  /** The first pieces: many segments have no more, and plans look at hundreds of sets. */
  #first = 0;
  /** The rest, a word for each so many; null where there is none. */
  #more: number[] | null = null;

  has(piece: number): boolean {
    const word = piece < WORD_BITS ? this.#first : (this.#more?.[Math.floor(piece / WORD_BITS)] ?? 0);
    return ((word >> (piece % WORD_BITS)) & 1) === 1;
  }

  /** True if all of these are in it. */
  hasAll(ranges: readonly PieceRange[]): boolean {
    for (const { first, count } of ranges) {
      const end = Math.min(first + count, MAX_PIECES);
      for (let piece = first; piece < end; piece++) if (!this.has(piece)) return false;
    }
    return true;
  }

  every(test: (piece: number) => boolean): boolean {
    const end = WORD_BITS * Math.max(1, this.#more?.length ?? 0);
    for (let piece = 0; piece < end; piece++) if (this.has(piece) && !test(piece)) return false;
    return true;
  }

  get isEmpty(): boolean {
    return this.#first === 0 && this.#more === null;
  }

  add(ranges: readonly PieceRange[]): void {
    for (const { first, count } of ranges) {
      const end = Math.min(first + count, MAX_PIECES);
      for (let piece = first; piece < end; piece++) {
        const bit = 1 << (piece % WORD_BITS);
        if (piece < WORD_BITS) this.#first |= bit;
        else {
          const word = Math.floor(piece / WORD_BITS);
          this.#more ??= [];
          while (this.#more.length <= word) this.#more.push(0);
          this.#more[word] = (this.#more[word] ?? 0) | bit;
        }
      }
    }
  }

  clear(): void {
    this.#first = 0;
    this.#more = null;
  }
}
