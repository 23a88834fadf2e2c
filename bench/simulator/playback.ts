import type { Clock } from "@shoal/core";

/** The picture: a playhead that moves while there is buffer, and stalls while there is none. */
export class Playback {
  readonly #clock: Clock;
  #bufferEndMs = 0;
  /** Playhead at `#anchorMs` of virtual time; it moves from there while there is buffer. */
  #playheadMs = 0;
  #anchorMs = 0;
  #stallMs = 0;
  #moves = false;
  stalls = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Position on the media timeline, milliseconds. */
  get playheadMs(): number {
    if (!this.#moves) return this.#playheadMs;
    return Math.min(this.#bufferEndMs, this.#playheadMs + this.#clock.now() - this.#anchorMs);
  }

  get aheadMs(): number {
    return this.#bufferEndMs - this.playheadMs;
  }

  /** Stalled so far, milliseconds; start-up is none. */
  get stallMs(): number {
    return this.#stallMs + this.#dryMs();
  }

  /** The next media reaches to here; the first of it starts the picture. */
  extend(toMs: number): void {
    this.#settle();
    this.#bufferEndMs = toMs;
    this.#moves = true;
  }

  /** The buffer is thrown away, and goes on from here. */
  jump(toMs: number): void {
    this.#settle();
    this.#playheadMs = toMs;
    this.#bufferEndMs = toMs;
  }

  /** The picture stops for good. */
  stop(): void {
    this.#settle();
    this.#moves = false;
  }

  #settle(): void {
    const dryMs = this.#dryMs();
    if (dryMs > 0) this.stalls++;
    this.#stallMs += dryMs;
    this.#playheadMs = this.playheadMs;
    this.#anchorMs = this.#clock.now();
  }

  /** How long the buffer has been dry. */
  #dryMs(): number {
    if (!this.#moves) return 0;
    return Math.max(0, this.#clock.now() - this.#anchorMs - (this.#bufferEndMs - this.#playheadMs));
  }
}
