import type { Flow } from "./flows.ts";

/** Sources of bytes: the CDN first, then one for each network. */
export type BySource = readonly number[];

const KEPT_S = 100;

/** Bytes by source, second by second. */
export class History {
  readonly #isps: readonly string[];
  #seconds: { readonly second: number; readonly bytes: number[] }[] = [];

  constructor(isps: readonly string[]) {
    this.#isps = isps;
  }

  add(nowMs: number, flows: readonly Flow[]): void {
    const second = Math.floor(nowMs / 1000);
    let last = this.#seconds[this.#seconds.length - 1];
    if (last?.second !== second) {
      last = { second, bytes: [0, ...this.#isps.map(() => 0)] };
      this.#seconds = [...this.#seconds, last].filter((entry) => entry.second > second - KEPT_S);
    }
    for (const { isp, bytes } of flows) {
      const source = isp === null ? 0 : this.#isps.indexOf(isp) + 1;
      last.bytes[source] = (last.bytes[source] ?? 0) + bytes;
    }
  }

  clear(): void {
    this.#seconds = [];
  }

  /** Sums of the last seconds. */
  last(nowMs: number, seconds: number): BySource {
    const from = nowMs / 1000 - seconds;
    return this.#sum((second) => second >= from);
  }

  /** bit/s by source at each of the last `seconds` seconds, each the mean of the `over` seconds before it. */
  rates(nowMs: number, seconds: number, over: number): readonly BySource[] {
    const now = Math.floor(nowMs / 1000);
    return Array.from({ length: seconds }, (_, at) => {
      const end = now - seconds + 1 + at;
      return this.#sum((second) => second < end && second >= end - over).map((bytes) => (bytes * 8) / over);
    });
  }

  #sum(counts: (second: number) => boolean): BySource {
    const sums = [0, ...this.#isps.map(() => 0)];
    for (const { second, bytes } of this.#seconds) {
      if (!counts(second)) continue;
      for (const [source, count] of bytes.entries()) sums[source] = (sums[source] ?? 0) + count;
    }
    return sums;
  }
}
