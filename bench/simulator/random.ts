import { hash64, utf8 } from "@shoal/protocol";

/** A small deterministic generator (sfc32): the same seed gives the same numbers on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed any text or number */
  constructor(seed: string | number) {
    const { high, low } = hash64(utf8(String(seed)));
    [this.#a, this.#b, this.#c] = [high, low, high ^ low];
    for (let i = 0; i < 15; i++) this.word();
  }

  /** An unsigned 32-bit number. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number from 0 up to but not including 1. */
  readonly unit = (): number => this.word() / 0x1_0000_0000;

  /** A number from `low` up to but not including `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** An integer from 0 up to but not including `count`. */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }
}
