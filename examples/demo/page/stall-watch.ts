/** Shorter interruptions are not seen by anybody, milliseconds. */
const SHORTEST_MS = 100;

/** Counts how often and how long a video stops for want of media, once it has begun to play. */
export class StallWatch {
  readonly #video: HTMLVideoElement;
  #played = false;
  #sinceMs: number | null = null;
  #stalls = 0;
  #stalledMs = 0;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    video.addEventListener("waiting", () => this.#begin());
    video.addEventListener("playing", () => {
      this.#played = true;
      this.#end();
    });
    video.addEventListener("timeupdate", () => {
      if (video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) this.#end();
    });
  }

  /** Counts so far, with a stall that lasts still. */
  get counts(): { readonly stalls: number; readonly stalledMs: number; readonly stalling: boolean } {
    const lastedMs = this.#lastedMs();
    const stalling = lastedMs >= SHORTEST_MS;
    return {
      stalls: this.#stalls + (stalling ? 1 : 0),
      stalledMs: this.#stalledMs + (stalling ? lastedMs : 0),
      stalling,
    };
  }

  #lastedMs(): number {
    return this.#sinceMs === null ? 0 : performance.now() - this.#sinceMs;
  }

  #begin(): void {
    if (this.#played && !this.#video.paused && !this.#video.ended) this.#sinceMs ??= performance.now();
  }

  #end(): void {
    const lastedMs = this.#lastedMs();
    this.#sinceMs = null;
    if (lastedMs < SHORTEST_MS) return;
    this.#stalls++;
    this.#stalledMs += lastedMs;
  }
}
