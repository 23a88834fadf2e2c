import type { SegmentId, TrackId } from "@shoal/protocol";
import type { Segment, TrackTimeline } from "../player.ts";

interface Track {
  timeline: TrackTimeline;
  readonly index: Map<SegmentId, Segment>;
  /** Ids that were listed and are gone; one of them listed again is another segment. */
  readonly gone: Set<SegmentId>;
  /** When the track was last found to have begun anew, server time; seals from before do not count. */
  restartedAtMs: number;
  /** Server time of the last update: how far a segment is behind the edge is known as of then. */
  updatedAtMs: number;
}

/** What an update changed. */
export interface TimelineChange {
  /** The encoder began anew: everything known of the track is void. */
  readonly restarted: boolean;
  /** Live segments that left the window long enough ago that nobody will ask for them. */
  readonly expired: readonly SegmentId[];
  /** Ids that are listed again after they had gone: each names another segment now. */
  readonly relisted: readonly SegmentId[];
}

const KEPT_GONE = 1000;

/** Which segments exist, as the player's own playlists say. */
export class Timeline {
  readonly #tracks = new Map<TrackId, Track>();
  /** Tracks the player plays now. */
  active: ReadonlySet<TrackId> = new Set();

  /** @param serverMs the tracker's time now, milliseconds since 1970 */
  update(timeline: TrackTimeline, serverMs: number): TimelineChange {
    const before = this.#tracks.get(timeline.trackId);
    const index = new Map(timeline.segments.map((segment) => [segment.id, segment]));
    if (!before) {
      const track = { timeline, index, gone: new Set<SegmentId>(), restartedAtMs: 0, updatedAtMs: serverMs };
      this.#tracks.set(timeline.trackId, track);
      return { restarted: false, expired: [], relisted: [] };
    }
    const wentBack =
      timeline.firstNumber !== null &&
      before.timeline.firstNumber !== null &&
      timeline.firstNumber < before.timeline.firstNumber;
    const restarted = timeline.live && wentBack;
    const relisted = timeline.live ? timeline.segments.map(({ id }) => id).filter((id) => before.gone.has(id)) : [];
    if (restarted) before.gone.clear();
    for (const id of relisted) before.gone.delete(id);
    const expired: SegmentId[] = [];
    for (const segment of before.timeline.segments) {
      if (!restarted && !index.has(segment.id)) before.gone.add(segment.id);
    }
    if (timeline.live) {
      const kept = before.gone.size - 2 * timeline.segments.length;
      let at = 0;
      for (const id of before.gone) if (at++ < kept) expired.push(id);
    }
    for (const id of before.gone) {
      if (before.gone.size <= KEPT_GONE) break;
      before.gone.delete(id);
    }
    before.timeline = timeline;
    before.updatedAtMs = serverMs;
    before.index.clear();
    for (const [id, segment] of index) before.index.set(id, segment);
    if (restarted) before.restartedAtMs = serverMs;
    return { restarted, expired, relisted };
  }

  find(id: SegmentId): Segment | null {
    for (const { index } of this.#tracks.values()) {
      const segment = index.get(id);
      if (segment) return segment;
    }
    return null;
  }

  track(trackId: TrackId): TrackTimeline | null {
    return this.#tracks.get(trackId)?.timeline ?? null;
  }

  /** True if a segment announced as coming after `previousId` continues what the player follows. */
  continues(trackId: TrackId, previousId: SegmentId): boolean {
    const track = this.#tracks.get(trackId);
    if (!track?.timeline.live || !this.active.has(trackId)) return false;
    return track.timeline.segments.slice(-2).some(({ id }) => id === previousId);
  }

  /**
   * The oldest seal that still counts for a segment, server time in milliseconds since 1970: encoders restart and file
   * names come round again. On demand there is no bound.
   */
  sealNotBefore(id: SegmentId): number {
    const track = this.#trackOf(id);
    if (!track?.timeline.live) return track?.restartedAtMs ?? 0;
    const { segments, targetDurationMs } = track.timeline;
    const last = segments[segments.length - 1];
    const segment = track.index.get(id);
    const behindMs = segment && last ? last.startMs + last.durationMs - segment.startMs : 0;
    return Math.max(track.restartedAtMs, track.updatedAtMs - behindMs - 2 * targetDurationMs);
  }

  #trackOf(id: SegmentId): Track | null {
    for (const track of this.#tracks.values()) if (track.index.has(id)) return track;
    return null;
  }
}
