import type { TrackId } from "@shoal/protocol";
import type { Clock } from "../clock.ts";

/** After a second contradiction between CDN and seal a track is not shared for this long. */
const PAUSE_MS = 60_000;

/** Tracks that are not shared for a while, because their seals and the CDN disagree. */
export class TrackPauses {
  readonly #clock: Clock;
  readonly #contradictions = new Map<TrackId, number>();
  readonly #untilMs = new Map<TrackId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(trackId: TrackId): boolean {
    return (this.#untilMs.get(trackId) ?? 0) > this.#clock.now();
  }

  /** The CDN's bytes contradicted a seal of this track. */
  contradicted(trackId: TrackId): void {
    const count = (this.#contradictions.get(trackId) ?? 0) + 1;
    this.#contradictions.set(trackId, count);
    if (count < 2) return;
    this.#contradictions.delete(trackId);
    this.#untilMs.set(trackId, this.#clock.now() + PAUSE_MS);
  }
}
