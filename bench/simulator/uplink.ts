import type { Clock } from "@shoal/core";

/** What waits on an uplink: one connection's frames, in order. */
export interface Outbox<Frame> {
  readonly frames: Frame[];
}

/**
 * A sender's uplink: one frame at a time, connections in turn, as their congestion controls come to share it. So a
 * connection's frame waits for what is queued before it in the same connection, and for one frame of each other.
 */
export class Uplink<Frame extends { readonly bytes: number }, Box extends Outbox<Frame>> {
  readonly #clock: Clock;
  readonly #msPerByte: number;
  readonly #sent: (box: Box, frame: Frame) => void;
  readonly #turns: Box[] = [];
  #busy = false;

  /** @param sent called when the last bit of a frame is on its way */
  constructor(clock: Clock, bps: number, sent: (box: Box, frame: Frame) => void) {
    this.#clock = clock;
    this.#msPerByte = 8000 / bps;
    this.#sent = sent;
  }

  queue(box: Box, frame: Frame): void {
    box.frames.push(frame);
    if (box.frames.length === 1) this.#turns.push(box);
    if (!this.#busy) this.#send();
  }

  #send(): void {
    const box = this.#turns.shift();
    const frame = box?.frames[0];
    if (!box || !frame) return;
    this.#busy = true;
    this.#clock.after(frame.bytes * this.#msPerByte, () => {
      this.#busy = false;
      box.frames.shift();
      if (box.frames.length > 0) this.#turns.push(box);
      this.#sent(box, frame);
      if (!this.#busy) this.#send();
    });
  }
}
