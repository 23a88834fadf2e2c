import { NO_SEGMENT, type SegmentId, segmentIdOf, type TrackId, trackIdOf } from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { Segment, TrackTimeline } from "../player.ts";

/** Segments whose bytes are remembered, so that whole swarms are cheap. */
const KEPT_SEGMENTS = 64;

/** A live or on-demand stream of one track whose every segment has bytes of its own, for tests. */
export class TestStream {
  readonly trackId: TrackId;
  readonly live: boolean;
  readonly segmentMs: number;
  readonly windowSegments: number;
  readonly segmentBytes: number;
  readonly #made = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly #clock: Clock;
  readonly #name: string;

  constructor(
    clock: Clock,
    settings: {
      readonly live?: boolean;
      readonly name?: string;
      readonly segmentMs?: number;
      readonly windowSegments?: number;
      readonly segmentBytes?: number;
    } = {},
  ) {
    this.#clock = clock;
    this.live = settings.live ?? true;
    this.#name = settings.name ?? "v720";
    this.segmentMs = settings.segmentMs ?? 4000;
    this.windowSegments = settings.windowSegments ?? 6;
    this.segmentBytes = settings.segmentBytes ?? 700_000;
    this.trackId = trackIdOf(`${this.#name}/init.mp4`);
  }

  /** Number of the newest complete segment; there is a full window at time 0. */
  get newest(): number {
    return this.windowSegments - 1 + (this.live ? Math.floor(this.#clock.now() / this.segmentMs) : 0);
  }

  /** What a player reads in its playlist now. */
  timeline(): TrackTimeline {
    const first = this.live ? this.newest - this.windowSegments + 1 : 0;
    const segments: Segment[] = [];
    for (let number = first; number <= this.newest; number++) segments.push(this.segment(number, number === first));
    return {
      trackId: this.trackId,
      continues: null,
      live: this.live,
      targetDurationMs: this.segmentMs,
      firstNumber: first,
      segments,
    };
  }

  segment(number: number, first: boolean = false): Segment {
    return {
      id: this.id(number),
      trackId: this.trackId,
      previousId: first ? NO_SEGMENT : this.id(number - 1),
      url: `https://cdn.example/live/${this.#name}/${number}.m4s`,
      range: null,
      startMs: number * this.segmentMs,
      durationMs: this.segmentMs,
    };
  }

  id(number: number): SegmentId {
    return segmentIdOf(`${this.#name}/${number}.m4s`);
  }

  /** The bytes under a URL; null where it does not exist (yet). */
  bytesOf(url: string): Uint8Array<ArrayBuffer> | null {
    const number = Number(/(\d+)\.m4s$/.exec(url)?.[1] ?? Number.NaN);
    return number >= 0 && number <= this.newest ? this.bytes(number) : null;
  }

  /** The bytes of a segment; not to be changed. */
  bytes(number: number): Uint8Array<ArrayBuffer> {
    const known = this.#made.get(number);
    if (known) return known;
    const bytes = new Uint8Array(this.segmentBytes);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 8 <= bytes.length; at += 4096) {
      view.setUint32(at, number);
      view.setUint32(at + 4, at);
    }
    this.#made.set(number, bytes);
    if (this.#made.size > KEPT_SEGMENTS) this.#made.delete(Math.min(...this.#made.keys()));
    return bytes;
  }
}
