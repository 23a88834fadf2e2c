import type { CdnSink, CdnTask, Clock, LoadRequest, LoadTask, PlayerState, Segment } from "@shoal/core";
import type { LiveStream } from "./stream.ts";

/** What a player asks of whoever loads for it, and tells. */
export interface PlayerHost {
  load(request: LoadRequest): LoadTask;
  /** The CDN, as the player alone would ask it. */
  fetch(segment: Segment, sink: CdnSink): CdnTask;
  /** The playlist was read. */
  listed(): void;
  /** The first segment is in the buffer. */
  started(): void;
}

/** A segment that reached the buffer, and when it was asked for and came, milliseconds of virtual time. */
export interface FinishedLoad {
  readonly number: number;
  readonly askedMs: number;
  readonly doneMs: number;
}

/** Segments behind the newest at which a player begins: three target durations. */
const BEHIND = 2;
const MAX_BUFFER_MS = 30_000;
const RETRY_MS = 1_000;
/** A manifest and a media playlist before the first segment, and as long for each later look. */
const PLAYLIST_MS = 40;

/**
 * A player of a live stream as hls.js is one: it reads its playlist once a target duration from the moment it came, loads
 * one segment after the other, begins three target durations behind the edge, stalls when its buffer is dry, tries again
 * what failed, and jumps ahead when what it wants has left the playlist.
 */
export class LivePlayer {
  readonly #clock: Clock;
  readonly #stream: LiveStream;
  readonly #host: PlayerHost;
  readonly #joinMs: number;
  #next = -1;
  #bufferEndMs = 0;
  /** Playhead at `#anchorMs` of virtual time; it moves from there while there is buffer. */
  #playheadMs = 0;
  #anchorMs = 0;
  #stallMs = 0;
  #listed: readonly Segment[] = [];
  #loading: LoadTask | "retry" | null = null;
  #cancelPoll: () => void = () => {};
  #stopped = false;
  /** From joining to the first segment in the buffer, milliseconds; null before. */
  startupMs: number | null = null;
  stalls = 0;
  playedBytes = 0;
  readonly loads: FinishedLoad[] = [];
  /** Segments that left the playlist before they were loaded. */
  skipped = 0;
  failures = 0;

  constructor(clock: Clock, stream: LiveStream, host: PlayerHost) {
    this.#clock = clock;
    this.#stream = stream;
    this.#host = host;
    this.#joinMs = clock.now();
    this.#poll(2 * PLAYLIST_MS);
  }

  /** Stalled so far, milliseconds; start-up is none. */
  get stallMs(): number {
    return this.#stallMs + this.#dryMs();
  }

  state(): PlayerState {
    const playheadMs = this.#position();
    return { playheadMs, bufferedAheadMs: this.#bufferEndMs - playheadMs, playbackRate: 1 };
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stallMs = this.stallMs;
    this.#stopped = true;
    this.#cancelPoll();
    if (typeof this.#loading === "object") this.#loading?.abort();
  }

  #position(): number {
    if (this.startupMs === null || this.#stopped) return this.#playheadMs;
    return Math.min(this.#bufferEndMs, this.#playheadMs + this.#clock.now() - this.#anchorMs);
  }

  /** How long the buffer has been dry. */
  #dryMs(): number {
    if (this.startupMs === null || this.#stopped) return 0;
    return Math.max(0, this.#clock.now() - this.#anchorMs - (this.#bufferEndMs - this.#playheadMs));
  }

  #poll(inMs: number): void {
    this.#cancelPoll = this.#clock.after(inMs, () => {
      this.#listed = this.#stream.timeline().segments;
      if (this.#next < 0) this.#seek();
      this.#host.listed();
      this.#poll(this.#stream.segmentMs);
      this.#loadNext();
    });
  }

  /** To where a player begins. */
  #seek(): void {
    this.#next = Math.max(0, this.#stream.newest - BEHIND);
    this.#playheadMs = this.#next * this.#stream.segmentMs;
    this.#bufferEndMs = this.#playheadMs;
  }

  #loadNext(): void {
    if (this.#loading || this.#stopped) return;
    const { segmentMs } = this.#stream;
    const first = this.#listed[0];
    if (first && this.#next < first.startMs / segmentMs) this.#jump();
    const segment = this.#listed.find(({ startMs }) => startMs === this.#next * segmentMs);
    if (!segment) return;
    const aheadMs = this.#bufferEndMs - this.#position();
    if (aheadMs > MAX_BUFFER_MS) return void this.#clock.after(aheadMs - MAX_BUFFER_MS, () => this.#loadNext());
    const askedMs = this.#clock.now();
    let ended = false;
    const task = this.#host.load({
      segment,
      fetch: (sink) => this.#host.fetch(segment, sink),
      sink: {
        progress: () => {},
        done: (bytes) => {
          ended = true;
          this.#loading = null;
          this.loads.push({ number: this.#next, askedMs, doneMs: this.#clock.now() });
          this.#append(bytes.byteLength);
        },
        failed: () => {
          ended = true;
          this.failures++;
          this.#loading = "retry";
          this.#clock.after(RETRY_MS, () => {
            this.#loading = null;
            this.#loadNext();
          });
        },
      },
    });
    if (!ended) this.#loading = task;
  }

  #jump(): void {
    const from = this.#next;
    this.#stallMs += this.#dryMs();
    this.#seek();
    this.#anchorMs = this.#clock.now();
    this.skipped += this.#next - from;
  }

  #append(bytes: number): void {
    const dryMs = this.#dryMs();
    if (dryMs > 0) this.stalls++;
    this.#stallMs += dryMs;
    this.#playheadMs = this.#position();
    this.#anchorMs = this.#clock.now();
    this.playedBytes += bytes;
    this.#next++;
    this.#bufferEndMs = this.#next * this.#stream.segmentMs;
    if (this.startupMs === null) {
      this.startupMs = this.#clock.now() - this.#joinMs;
      this.#host.started();
    }
    this.#loadNext();
  }
}
