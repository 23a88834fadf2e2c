import type { CdnSink, CdnTask, Clock, Delivery, LoadRequest, LoadTask, PlayerState, Segment } from "@shoal/core";
import { abandonFor, BandwidthEstimate, chooseLevel, watchedAfterMs } from "./abr.ts";
import { Playback } from "./playback.ts";
import type { LiveStream } from "./stream.ts";

/** What a player asks of whoever loads for it, and tells. */
export interface PlayerHost {
  load(request: LoadRequest): LoadTask;
  /** The CDN, as the player alone would ask it. */
  fetch(segment: Segment, sink: CdnSink): CdnTask;
  /** The playlist of a rendition was read. */
  listed(level: number): void;
  /** A segment of this rendition is asked for. */
  plays(level: number): void;
  /** The first segment is in the buffer. */
  started(): void;
}

/** A segment that reached the buffer, and when it was asked for and came, milliseconds of virtual time. */
export interface FinishedLoad {
  readonly number: number;
  readonly level: number;
  readonly askedMs: number;
  readonly doneMs: number;
}

interface Load {
  readonly segment: Segment;
  readonly level: number;
  readonly askedMs: number;
  task: LoadTask | null;
  loadedBytes: number;
  firstByteMs: number | null;
  ended: boolean;
}

const MAX_BUFFER_MS = 30_000;
const RETRY_MS = 1_000;
/** A manifest and a media playlist before the first segment, and as long for each later look. */
const PLAYLIST_MS = 40;
const CDN_FIRST_BYTE_MS = 20;
const WATCH_MS = 100;

/**
 * A player of a live stream as hls.js is one: it reads its playlist once a target duration from the moment it came, loads
 * one segment after the other, chooses a rendition for each, stalls when its buffer is dry, tries again what failed, and
 * jumps ahead when what it wants has left the playlist.
 */
export class LivePlayer {
  readonly #clock: Clock;
  readonly #stream: LiveStream;
  readonly #host: PlayerHost;
  readonly #joinMs: number;
  /** Segments behind the newest at which it begins. */
  readonly #behind: number;
  readonly #ladderBps: readonly number[];
  readonly #estimate = new BandwidthEstimate();
  readonly #playback: Playback;
  #level = 0;
  /** The rendition that an abandoned load is replaced from; null where the estimate decides. */
  #forced: number | null = null;
  #next = -1;
  #listed: readonly Segment[] = [];
  /** `wait`: for a playlist, for room in the buffer, or after a failure. */
  #loading: Load | "wait" | null = null;
  #cancelPoll: () => void = () => {};
  #stopped = false;
  /** From joining to the first segment in the buffer, milliseconds; null before. */
  startupMs: number | null = null;
  playedBytes = 0;
  readonly loads: FinishedLoad[] = [];
  /** Segments that left the playlist before they were loaded. */
  skipped = 0;
  failures = 0;
  /** Loads given up for a lower rendition. */
  abandoned = 0;

  /** @param latencyMs how far behind the live edge it begins */
  constructor(clock: Clock, stream: LiveStream, latencyMs: number, host: PlayerHost) {
    this.#clock = clock;
    this.#stream = stream;
    this.#host = host;
    this.#joinMs = clock.now();
    this.#behind = Math.max(0, Math.round(latencyMs / stream.segmentMs) - 1);
    this.#ladderBps = stream.renditions.map(({ bps }) => bps);
    this.#playback = new Playback(clock);
    this.#poll(2 * PLAYLIST_MS);
  }

  get stalls(): number {
    return this.#playback.stalls;
  }

  /** Stalled so far, milliseconds; start-up is none. */
  get stallMs(): number {
    return this.#playback.stallMs;
  }

  state(): PlayerState {
    const { playheadMs, aheadMs } = this.#playback;
    const pace = this.#level > 0 ? { rateBps: this.#estimate.bps, ttfbMs: CDN_FIRST_BYTE_MS } : undefined;
    return { playheadMs, bufferedAheadMs: aheadMs, playbackRate: 1, pace };
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#playback.stop();
    this.#cancelPoll();
    if (typeof this.#loading === "object") this.#loading?.task?.abort();
  }

  #poll(inMs: number): void {
    this.#cancelPoll = this.#clock.after(inMs, () => {
      this.#read();
      this.#poll(this.#stream.segmentMs);
      this.#loadNext();
    });
  }

  #read(): void {
    this.#listed = this.#stream.timeline(this.#level).segments;
    if (this.#next < 0) this.#seek();
    this.#host.listed(this.#level);
  }

  /** To where a player begins. */
  #seek(): void {
    this.#next = Math.max(0, this.#stream.newest - this.#behind);
    this.#playback.jump(this.#next * this.#stream.segmentMs);
  }

  #loadNext(): void {
    if (this.#loading || this.#stopped) return;
    const { segmentMs } = this.#stream;
    const first = this.#listed[0];
    if (first && this.#next < first.startMs / segmentMs) this.#jump();
    const segment = this.#listed.find(({ startMs }) => startMs === this.#next * segmentMs);
    if (!segment) return;
    const { aheadMs } = this.#playback;
    if (aheadMs > MAX_BUFFER_MS) return this.#waitFor(aheadMs - MAX_BUFFER_MS);
    const level = this.#forced ?? this.#choose(aheadMs);
    this.#forced = null;
    if (level === this.#level) return this.#load(segment);
    this.#level = level;
    this.#loading = "wait";
    this.#clock.after(PLAYLIST_MS, () => {
      if (this.#stopped) return;
      this.#loading = null;
      this.#read();
      const same = this.#listed.find(({ startMs }) => startMs === segment.startMs);
      if (same) this.#load(same);
      else this.#loadNext();
    });
  }

  #choose(bufferedAheadMs: number): number {
    const { segmentMs } = this.#stream;
    if (this.#ladderBps.length === 1) return 0;
    const estimateBps = this.#estimate.bps;
    return chooseLevel({ ladderBps: this.#ladderBps, level: this.#level, estimateBps, bufferedAheadMs, segmentMs });
  }

  #waitFor(delayMs: number): void {
    this.#loading = "wait";
    this.#clock.after(delayMs, () => {
      this.#loading = null;
      this.#loadNext();
    });
  }

  #load(segment: Segment): void {
    const level = this.#level;
    const askedMs = this.#clock.now();
    const load: Load = { segment, level, askedMs, task: null, loadedBytes: 0, firstByteMs: null, ended: false };
    this.#loading = load;
    this.#host.plays(level);
    load.task = this.#host.load({
      segment,
      fetch: (sink) => this.#host.fetch(segment, sink),
      sink: {
        progress: (loadedBytes) => {
          load.loadedBytes = loadedBytes;
          if (loadedBytes > 0) load.firstByteMs ??= this.#clock.now();
        },
        done: (bytes, delivery) => this.#done(load, bytes.byteLength, delivery),
        failed: () => {
          load.ended = true;
          this.failures++;
          this.#waitFor(RETRY_MS);
        },
      },
    });
    if (level > 0 && !load.ended) this.#clock.after(watchedAfterMs(this.#stream.segmentMs), () => this.#watch(load));
  }

  /** The abandon rule, as hls.js has it: looked at ten times a second once a load takes long. */
  #watch(load: Load): void {
    if (load.ended || this.#stopped) return;
    const totalBytes = this.#stream.rendition(load.level).segmentBytes;
    const nowMs = this.#clock.now();
    const level = abandonFor(
      { ...load, sinceMs: load.askedMs, totalBytes },
      {
        ladderBps: this.#ladderBps,
        estimateBps: this.#estimate.bps,
        bufferedAheadMs: this.#playback.aheadMs,
        segmentMs: this.#stream.segmentMs,
      },
      nowMs,
    );
    if (level === null) return void this.#clock.after(WATCH_MS, () => this.#watch(load));
    load.ended = true;
    load.task?.abort();
    this.abandoned++;
    if (load.loadedBytes > 0) this.#estimate.sample(nowMs - load.askedMs - CDN_FIRST_BYTE_MS, load.loadedBytes);
    this.#forced = level;
    this.#loading = null;
    this.#loadNext();
  }

  #done(load: Load, bytes: number, { plain, rateBps }: Delivery): void {
    const doneMs = this.#clock.now();
    load.ended = true;
    this.#loading = null;
    this.loads.push({ number: this.#next, level: load.level, askedMs: load.askedMs, doneMs });
    const loadMs = doneMs - load.askedMs - CDN_FIRST_BYTE_MS;
    this.#estimate.sample(plain ? loadMs : (bytes * 8000) / (rateBps ?? this.#estimate.bps), bytes);
    this.playedBytes += bytes;
    this.#next++;
    this.#playback.extend(this.#next * this.#stream.segmentMs);
    if (this.startupMs === null) {
      this.startupMs = doneMs - this.#joinMs;
      this.#host.started();
    }
    this.#loadNext();
  }

  #jump(): void {
    const from = this.#next;
    this.#seek();
    this.skipped += this.#next - from;
  }
}
