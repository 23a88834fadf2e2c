import type { TrackId } from "@shoal/protocol";

/** Viewers by track; one of two tracks counts in both. */
export class TrackCounts {
  readonly #counts = new Map<TrackId, number>();

  get counts(): ReadonlyMap<TrackId, number> {
    return this.#counts;
  }

  add(tracks: readonly TrackId[], by: 1 | -1): void {
    for (const track of new Set(tracks)) {
      const count = (this.#counts.get(track) ?? 0) + by;
      if (count > 0) this.#counts.set(track, count);
      else this.#counts.delete(track);
    }
  }
}
