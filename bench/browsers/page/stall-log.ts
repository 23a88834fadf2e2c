import type { Stall } from "./viewer-record.ts";

const LOOK_MS = 100;
/** Shorter halts are the decoder's, not the network's. */
const TOLERATED_MS = 300;
/** With more than this ahead it is not the network that a halted picture waits for … */
const DRY_S = 0.5;
/** … unless it halts for so long that the viewer sees a frozen player, whatever the reason. */
const FROZEN_MS = 2_000;

/** Notes when a picture that had begun to move stood still. */
export class StallLog {
  readonly #video: HTMLVideoElement;
  readonly #stalls: Stall[] = [];
  #started = false;
  #lastTimeS = 0;
  #stillSinceMs: number | null = null;
  #dry = false;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    video.addEventListener("playing", () => {
      this.#started = true;
    });
    setInterval(() => this.#look(), LOOK_MS);
  }

  /** All so far, with one that lasts still. */
  get stalls(): readonly Stall[] {
    const current = this.#current(Date.now());
    return current ? [...this.#stalls, current] : this.#stalls;
  }

  #look(): void {
    const { currentTime, paused, ended, seeking } = this.#video;
    const moves = currentTime !== this.#lastTimeS;
    this.#lastTimeS = currentTime;
    const nowMs = Date.now();
    if (!this.#started || ended || moves || (paused && !seeking)) {
      const over = this.#current(nowMs);
      if (over) this.#stalls.push(over);
      this.#stillSinceMs = null;
      this.#dry = false;
      return;
    }
    this.#stillSinceMs ??= nowMs;
    this.#dry ||= bufferedS(this.#video) <= DRY_S;
  }

  #current(nowMs: number): Stall | null {
    if (this.#stillSinceMs === null) return null;
    const least = this.#dry ? TOLERATED_MS : FROZEN_MS;
    return nowMs - this.#stillSinceMs >= least ? { fromMs: this.#stillSinceMs, toMs: nowMs } : null;
  }
}

/** Seconds of media from the playhead on without a gap. */
export function bufferedS({ currentTime, buffered }: HTMLVideoElement): number {
  let endS = currentTime;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= endS + 0.2 && buffered.end(i) > endS) endS = buffered.end(i);
  }
  return endS - currentTime;
}
