/** Counts times in buckets that are 2 % apart: percentiles of millions of them in a few kilobytes, and sums of several. */
export class Durations {
  readonly #counts = new Map<number, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    const bucket = Math.round(Math.log(Math.max(ms, 0.01)) / Math.log(STEP));
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#count++;
  }

  /** The least time that so great a share does not exceed, milliseconds; null where there are none. */
  quantile(share: number): number | null {
    let left = Math.ceil(share * this.#count);
    if (this.#count === 0) return null;
    for (const [bucket, count] of [...this.#counts].sort((a, b) => a[0] - b[0])) {
      left -= count;
      if (left <= 0) return STEP ** bucket;
    }
    return null;
  }

  /** As plain data, for another process. */
  entries(): readonly (readonly [bucket: number, count: number])[] {
    return [...this.#counts];
  }

  merge(entries: readonly (readonly [number, number])[]): void {
    for (const [bucket, count] of entries) {
      this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
      this.#count += count;
    }
  }
}

const STEP = 1.02;
