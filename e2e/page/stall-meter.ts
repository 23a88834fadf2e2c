/** Looks this often whether the playhead moves. */
const LOOK_MS = 100;
/** Shorter halts are the decoder's, not the network's. */
const TOLERATED_MS = 300;

/** Measures how long a video stood still while it should have played. */
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
    if (this.startedMs === null || video.paused || video.ended || video.seeking || moves) {
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
