/** A small deterministic generator (sfc32): the same seed gives the same numbers on every machine. */
export declare class Random {
  #private;
  /** @param seed any text or number */
  constructor(seed: string | number);
  /** An unsigned 32-bit number. */
  word(): number;
  /** A number from 0 up to but not including 1. */
  readonly unit: () => number;
  /** A number from `low` up to but not including `high`. */
  between(low: number, high: number): number;
  /** An integer from 0 up to but not including `count`. */
  below(count: number): number;
}
