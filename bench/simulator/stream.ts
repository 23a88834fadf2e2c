import type { Clock, Segment, TrackTimeline } from "@shoal/core";
import { NO_SEGMENT, type SegmentId, segmentIdOf, type TrackId, trackIdOf } from "@shoal/protocol";

/** One rendition of the stream: a track of its own. */
export interface Rendition {
  /** Place in the ladder, 0 the lowest. */
  readonly level: number;
  readonly trackId: TrackId;
  readonly bps: number;
  readonly segmentBytes: number;
}

/** Which segment an id names. */
export interface Place {
  readonly number: number;
  readonly rendition: Rendition;
}

interface Track {
  readonly rendition: Rendition;
  readonly directory: string;
  readonly segments: Map<number, Segment>;
  listed: { readonly newest: number; readonly timeline: TrackTimeline } | null;
}

/** One live stream in several renditions: a segment every so often, the last few listed. A full window stands at time 0. */
export class LiveStream {
  readonly renditions: readonly Rendition[];
  readonly segmentMs: number;
  readonly windowSegments: number;
  readonly #clock: Clock;
  readonly #tracks: readonly Track[];
  readonly #places = new Map<SegmentId, Place>();

  /** @param settings.ladderBps bitrates, the lowest first */
  constructor(clock: Clock, settings: { segmentMs: number; windowMs: number; ladderBps: readonly number[] }) {
    const { segmentMs, windowMs, ladderBps } = settings;
    this.#clock = clock;
    this.segmentMs = segmentMs;
    this.windowSegments = Math.round(windowMs / segmentMs);
    this.#tracks = ladderBps.map((bps, level) => {
      const directory = ladderBps.length === 1 ? "v" : `v${level}`;
      const trackId = trackIdOf(`${directory}/init.mp4`);
      const segmentBytes = Math.round((bps / 8000) * segmentMs);
      return { rendition: { level, trackId, bps, segmentBytes }, directory, segments: new Map(), listed: null };
    });
    this.renditions = this.#tracks.map(({ rendition }) => rendition);
  }

  /** The best rendition. */
  get top(): Rendition {
    return this.rendition(this.renditions.length - 1);
  }

  /** Number of the newest complete segment. */
  get newest(): number {
    return this.windowSegments - 1 + Math.floor(this.#clock.now() / this.segmentMs);
  }

  rendition(level: number): Rendition {
    return this.#track(level).rendition;
  }

  /** When a segment came to be listed, milliseconds of virtual time; those of the first window before 0. */
  publishedMs(number: number): number {
    return (number - this.windowSegments + 1) * this.segmentMs;
  }

  /** What the playlist of a rendition says now. */
  timeline(level: number): TrackTimeline {
    const track = this.#track(level);
    const { newest, windowSegments } = this;
    if (track.listed?.newest === newest) return track.listed.timeline;
    const first = newest - windowSegments + 1;
    const segments: Segment[] = [];
    for (let number = first; number <= newest; number++) {
      const segment = this.segment(level, number);
      segments.push(number === first ? { ...segment, previousId: NO_SEGMENT } : segment);
    }
    const timeline: TrackTimeline = {
      trackId: track.rendition.trackId,
      continues: null,
      live: true,
      targetDurationMs: this.segmentMs,
      firstNumber: first,
      segments,
    };
    track.listed = { newest, timeline };
    return timeline;
  }

  segment(level: number, number: number): Segment {
    const track = this.#track(level);
    const known = track.segments.get(number);
    if (known) return known;
    const segment: Segment = {
      id: this.#id(track, number),
      trackId: track.rendition.trackId,
      previousId: this.#id(track, number - 1),
      url: `https://cdn.example/live/${track.directory}/${number}.m4s`,
      range: null,
      startMs: number * this.segmentMs,
      durationMs: this.segmentMs,
    };
    track.segments.set(number, segment);
    return segment;
  }

  /** @throws Error for an id that is none of this stream */
  placeOf(id: SegmentId): Place {
    if (!this.#places.has(id)) for (const { level } of this.renditions) this.timeline(level);
    const place = this.#places.get(id);
    if (!place) throw new Error(`There is no segment ${id} in this stream.`);
    return place;
  }

  #track(level: number): Track {
    const track = this.#tracks[level];
    if (!track) throw new Error(`There is no rendition ${level} in this stream.`);
    return track;
  }

  #id({ directory, rendition }: Track, number: number): SegmentId {
    const id = segmentIdOf(`${directory}/${number}.m4s`);
    this.#places.set(id, { number, rendition });
    return id;
  }
}
