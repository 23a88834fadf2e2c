import { MAX_PIECES, type PieceRange } from "@shoal/protocol";

/** Engines keep integers of no more bits without a box. */
const WORD_BITS = 30;

/** Some pieces of one segment: a bit for each. What lies beyond the last possible piece is never in it. */
export class PieceSet {
  #words: number[] = [];

  has(piece: number): boolean {
    return (((this.#words[Math.floor(piece / WORD_BITS)] ?? 0) >> (piece % WORD_BITS)) & 1) === 1;
  }

  /** True if all of these are in it. */
  hasAll(ranges: readonly PieceRange[]): boolean {
    for (const { first, count } of ranges) {
      const end = Math.min(first + count, MAX_PIECES);
      for (let piece = first; piece < end; piece++) if (!this.has(piece)) return false;
    }
    return true;
  }

  get isEmpty(): boolean {
    return this.#words.length === 0;
  }

  add(ranges: readonly PieceRange[]): void {
    for (const { first, count } of ranges) {
      const end = Math.min(first + count, MAX_PIECES);
      for (let piece = first; piece < end; piece++) {
        const word = Math.floor(piece / WORD_BITS);
        while (this.#words.length <= word) this.#words.push(0);
        this.#words[word] = (this.#words[word] ?? 0) | (1 << (piece % WORD_BITS));
      }
    }
  }

  clear(): void {
    this.#words = [];
  }
}
