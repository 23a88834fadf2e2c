/** A rate that follows what was measured lately: each sample weighs by its bytes. */
export class RateEstimate {
  readonly #halfLifeBytes: number;
  #bps = 0;

  /** @param halfLifeBytes after this many bytes an older rate counts half */
  constructor(halfLifeBytes: number = 1_000_000) {
    this.#halfLifeBytes = halfLifeBytes;
  }

  /** Adds a transfer. Transfers of no length or no time say nothing. */
  add(bytes: number, durationMs: number): void {
    if (bytes <= 0 || durationMs <= 0) return;
    const sample = (bytes * 8000) / durationMs;
    const keep = this.#bps === 0 ? 0 : 0.5 ** (bytes / this.#halfLifeBytes);
    this.#bps = this.#bps * keep + sample * (1 - keep);
  }

  /** bit/s; null before the first sample. */
  get bps(): number | null {
    return this.#bps > 0 ? this.#bps : null;
  }
}
