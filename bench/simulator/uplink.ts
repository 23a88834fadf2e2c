import type { VirtualTime } from "./virtual-time.ts";

/** What an uplink sends. */
export interface Sendable {
  readonly bytes: number;
  /** So long that it matters when exactly it has left. */
  readonly bulk: boolean;
}

/** What waits on an uplink: one connection's frames, in order. */
export interface Outbox<Frame> {
  readonly frames: Frame[];
  /** A long frame that has its turn. */
  leaving: Frame | null;
  /** When the frame that has its turn will have left. */
  leavesMs: number;
  /** The next turn is arranged. */
  waits: boolean;
}

/**
 * A sender's uplink: one frame at a time, connections in turn, as their congestion controls come to share it. So a
 * connection's frame waits for what is queued before it in the same connection, and for one frame of each other: whoever
 * gets its turn knows when it will have left, and a short frame is told of at once.
 */
export class Uplink<Frame extends Sendable, Box extends Outbox<Frame>> {
  readonly #clock: VirtualTime;
  readonly #msPerByte: number;
  readonly #left: (box: Box, frame: Frame, leftMs: number) => void;
  readonly #turn = (box: Box): void => this.#next(box);
  #freeMs = 0;
  /** Of all frames that had their turn. */
  sentBytes = 0;

  /** @param left the last bit of a frame is on its way at `leftMs`: now, or soon for a short one; calls no engine */
  constructor(clock: VirtualTime, bps: number, left: (box: Box, frame: Frame, leftMs: number) => void) {
    this.#clock = clock;
    this.#msPerByte = 8000 / bps;
    this.#left = left;
  }

  queue(box: Box, frame: Frame): void {
    box.frames.push(frame);
    if (box.waits) return;
    if (box.leavesMs <= this.#clock.now()) this.#next(box);
    else this.#later(box);
  }

  #next(box: Box): void {
    const nowMs = this.#clock.now();
    box.waits = false;
    if (box.leaving) {
      const { leaving } = box;
      box.leaving = null;
      this.#left(box, leaving, nowMs);
    }
    const frame = box.frames.shift();
    if (!frame) return;
    this.#freeMs = Math.max(nowMs, this.#freeMs) + frame.bytes * this.#msPerByte;
    this.sentBytes += frame.bytes;
    box.leavesMs = this.#freeMs;
    if (frame.bulk) box.leaving = frame;
    else this.#left(box, frame, box.leavesMs);
    if (frame.bulk || box.frames.length > 0) this.#later(box);
  }

  #later(box: Box): void {
    box.waits = true;
    this.#clock.quietly(box.leavesMs - this.#clock.now(), this.#turn, box);
  }
}
