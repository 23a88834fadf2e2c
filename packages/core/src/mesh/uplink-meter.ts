import type { Clock } from "../clock.ts";

/** A sample covers at least this much time, or this many bytes where all is sent sooner. */
const SAMPLE_MS = 300;
const SAMPLE_BYTES = 128 * 1024;
/** What a lower sample takes of the estimate: receivers may have been the slow ones. */
const DECAY = 0.05;

/** How fast this viewer sends while others wait for bytes: the rate of its uplink, if nothing else is slower. */
export class UplinkMeter {
  readonly #clock: Clock;
  #bps: number | null = null;
  /** Since when bytes are waiting without a break; null while none are. */
  #sinceMs: number | null = null;
  #sentBytes = 0;
  /** Bytes in the channels' queues when the sample began. */
  #aheadBytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** bit/s; null before the first sample. */
  get bps(): number | null {
    return this.#bps;
  }

  /** Bytes are waiting to be sent. @param aheadBytes in the channels' own queues now */
  look(aheadBytes: number): void {
    if (this.#sinceMs === null) return this.#begin(aheadBytes);
    if (this.#clock.now() - this.#sinceMs >= SAMPLE_MS) {
      this.#sample(aheadBytes);
      this.#begin(aheadBytes);
    }
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** Nothing waits any more. @param aheadBytes in the channels' own queues now */
  idle(aheadBytes: number): void {
    if (this.#sinceMs !== null && this.#sentBytes >= SAMPLE_BYTES) this.#sample(aheadBytes);
    this.#sinceMs = null;
  }

  #begin(aheadBytes: number): void {
    this.#sinceMs = this.#clock.now();
    this.#sentBytes = 0;
    this.#aheadBytes = aheadBytes;
  }

  #sample(aheadBytes: number): void {
    const leftBytes = this.#sentBytes + this.#aheadBytes - aheadBytes;
    const durationMs = this.#clock.now() - (this.#sinceMs ?? 0);
    if (leftBytes <= 0 || durationMs <= 0) return;
    const bps = (leftBytes * 8000) / durationMs;
    this.#bps = this.#bps === null || bps > this.#bps ? bps : this.#bps + DECAY * (bps - this.#bps);
  }
}
