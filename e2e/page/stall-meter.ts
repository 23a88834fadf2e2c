/** Looks this often whether the playhead moves. */
const LOOK_MS = 100;
/** Shorter halts are the decoder's, not the network's. */
const TOLERATED_MS = 300;
/** With more than this ahead it is not the network that a halted picture waits for. */
const DRY_S = 0.5;

/** Measures how long a video stood still because its buffer was dry. A busy machine's halts are not counted. */
export class StallMeter {
  stallMs = 0;
  stalls = 0;
  startedMs: number | null = null;
  #lastTimeS = 0;
  #stillSinceMs: number | null = null;
  #counted = false;

  constructor(video: HTMLVideoElement) {
    video.addEventListener("playing", () => {
      this.startedMs ??= performance.now();
    });
    setInterval(() => this.#look(video), LOOK_MS);
  }

  #look(video: HTMLVideoElement): void {
    const now = performance.now();
    const moves = video.currentTime !== this.#lastTimeS;
    this.#lastTimeS = video.currentTime;
    if (this.startedMs === null || video.paused || video.ended || video.seeking || moves || bufferedS(video) > DRY_S) {
      this.#stillSinceMs = null;
      this.#counted = false;
      return;
    }
    this.#stillSinceMs ??= now;
    if (now - this.#stillSinceMs < TOLERATED_MS) return;
    if (!this.#counted) {
      this.#counted = true;
      this.stalls++;
      this.stallMs += now - this.#stillSinceMs;
    } else this.stallMs += LOOK_MS;
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
