import { MAX_PIECES, type PieceRange } from "@shoal/protocol";

/** Some pieces of one segment: a bit for each. What lies beyond the last possible piece is never in it. */
export class PieceSet {
  readonly #words = new Int32Array(MAX_PIECES / 32);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(piece: number): boolean {
    return piece < MAX_PIECES && ((this.#words[piece >> 5] ?? 0) & (1 << (piece & 31))) !== 0;
  }

  /** True if all of these are in it. */
  hasAll(ranges: readonly PieceRange[]): boolean {
    for (const { first, count } of ranges) {
      const end = Math.min(first + count, MAX_PIECES);
      for (let piece = first; piece < end; piece++) if (!this.has(piece)) return false;
    }
    return true;
  }

  add(ranges: readonly PieceRange[]): void {
    for (const { first, count } of ranges) {
      const end = Math.min(first + count, MAX_PIECES);
      for (let piece = first; piece < end; piece++) {
        if (this.has(piece)) continue;
        this.#words[piece >> 5] = (this.#words[piece >> 5] ?? 0) | (1 << (piece & 31));
        this.#size++;
      }
    }
  }

  clear(): void {
    if (this.#size === 0) return;
    this.#words.fill(0);
    this.#size = 0;
  }
}
