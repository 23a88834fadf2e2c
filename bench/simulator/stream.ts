import type { Clock, Segment, TrackTimeline } from "@shoal/core";
import { NO_SEGMENT, type SegmentId, segmentIdOf, type TrackId, trackIdOf } from "@shoal/protocol";

/** One live rendition: a segment every so often, the last few of them listed. A full window stands at time 0. */
export class LiveStream {
  readonly trackId: TrackId = trackIdOf("v/init.mp4");
  readonly segmentMs: number;
  readonly segmentBytes: number;
  readonly windowSegments: number;
  readonly #clock: Clock;
  readonly #segments = new Map<number, Segment>();
  readonly #numbers = new Map<SegmentId, number>();
  #listed: { readonly newest: number; readonly timeline: TrackTimeline } | null = null;

  constructor(clock: Clock, settings: { segmentMs: number; windowMs: number; bitrateBps: number }) {
    this.#clock = clock;
    this.segmentMs = settings.segmentMs;
    this.windowSegments = Math.round(settings.windowMs / settings.segmentMs);
    this.segmentBytes = Math.round((settings.bitrateBps / 8000) * settings.segmentMs);
  }

  /** Number of the newest complete segment. */
  get newest(): number {
    return this.windowSegments - 1 + Math.floor(this.#clock.now() / this.segmentMs);
  }

  /** When a segment came to be listed, milliseconds of virtual time; those of the first window before 0. */
  publishedMs(number: number): number {
    return (number - this.windowSegments + 1) * this.segmentMs;
  }

  /** What the playlist says now. */
  timeline(): TrackTimeline {
    const { newest, windowSegments } = this;
    if (this.#listed?.newest === newest) return this.#listed.timeline;
    const first = newest - windowSegments + 1;
    const segments: Segment[] = [];
    for (let number = first; number <= newest; number++) {
      const segment = this.segment(number);
      segments.push(number === first ? { ...segment, previousId: NO_SEGMENT } : segment);
    }
    const timeline: TrackTimeline = {
      trackId: this.trackId,
      continues: null,
      live: true,
      targetDurationMs: this.segmentMs,
      firstNumber: first,
      segments,
    };
    this.#listed = { newest, timeline };
    return timeline;
  }

  segment(number: number): Segment {
    const known = this.#segments.get(number);
    if (known) return known;
    const segment: Segment = {
      id: this.#id(number),
      trackId: this.trackId,
      previousId: this.#id(number - 1),
      url: `https://cdn.example/live/v/${number}.m4s`,
      range: null,
      startMs: number * this.segmentMs,
      durationMs: this.segmentMs,
    };
    this.#segments.set(number, segment);
    return segment;
  }

  /** The number of a segment of this stream. @throws Error for an id that is none */
  numberOf(id: SegmentId): number {
    const number = this.#numbers.get(id);
    if (number === undefined) throw new Error(`There is no segment ${id} in this stream.`);
    return number;
  }

  #id(number: number): SegmentId {
    const id = segmentIdOf(`v/${number}.m4s`);
    this.#numbers.set(id, number);
    return id;
  }
}
