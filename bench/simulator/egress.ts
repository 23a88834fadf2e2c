/** Bytes that a CDN sent, second by second. */
export class Egress {
  readonly #bytes: number[] = [];

  /** By second, in parts of bytes. */
  get bytes(): readonly number[] {
    return this.#bytes;
  }

  /** Bytes that went out evenly from one moment to another, milliseconds. */
  add(fromMs: number, toMs: number, bytes: number): void {
    if (bytes <= 0) return;
    const first = Math.floor(fromMs / 1000);
    const last = Math.floor(toMs / 1000);
    while (this.#bytes.length <= last) this.#bytes.push(0);
    for (let second = first; second <= last; second++) {
      const withinMs = Math.min(toMs, (second + 1) * 1000) - Math.max(fromMs, second * 1000);
      const share = first === last ? 1 : withinMs / (toMs - fromMs);
      this.#bytes[second] = (this.#bytes[second] ?? 0) + bytes * share;
    }
  }

  /** What else was sent, second by second. */
  addAll(bytes: readonly number[]): void {
    bytes.forEach((count, second) => {
      this.#bytes[second] = (this.#bytes[second] ?? 0) + count;
    });
  }

  /** @param seconds length of the list */
  perSecond(seconds: number): number[] {
    return Array.from({ length: seconds }, (_, second) => Math.round(this.#bytes[second] ?? 0));
  }
}

/**
 * What each of several transfers gets of a limited rate: equal shares, and what one cannot use goes to the others.
 * @param caps the most that each can use, in any unit
 */
export function fairShares(caps: readonly number[], total: number): number[] {
  const order = caps.map((_, at) => at).sort((a, b) => (caps[a] ?? 0) - (caps[b] ?? 0));
  const shares = caps.map(() => 0);
  let left = total;
  order.forEach((at, done) => {
    const share = Math.min(caps[at] ?? 0, left / (order.length - done));
    shares[at] = share;
    left -= share;
  });
  return shares;
}
