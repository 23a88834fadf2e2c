import type { ByteRange, SegmentId, TrackId } from "@shoal/protocol";

/** One media segment as the player's own playlist or manifest lists it. */
export interface Segment {
  readonly id: SegmentId;
  readonly trackId: TrackId;
  /** The segment before it on its track; `NO_SEGMENT` at the start of the list. */
  readonly previousId: SegmentId;
  readonly url: string;
  /** Where the segment is part of a larger resource. */
  readonly range: ByteRange | null;
  /** Start on the viewer's own media timeline, milliseconds. */
  readonly startMs: number;
  readonly durationMs: number;
}

/** The segments of one track that exist now. Handed over whole whenever the player has read its playlist again. */
export interface TrackTimeline {
  readonly trackId: TrackId;
  /** The track that this one continues under a new init segment. */
  readonly continues: TrackId | null;
  readonly live: boolean;
  readonly targetDurationMs: number;
  /** Media sequence number of the first segment; null where the format has none. A lower one than before is a restart. */
  readonly firstNumber: number | null;
  readonly segments: readonly Segment[];
}

/** Where the player stands, read when a decision is due. */
export interface PlayerState {
  /** Position on the media timeline, milliseconds. */
  readonly playheadMs: number;
  /** Media buffered without a gap from the playhead on, milliseconds; 0 at start-up and after a seek. */
  readonly bufferedAheadMs: number;
  readonly playbackRate: number;
  /**
   * What the player expects of the CDN, while it would give up a load of which it hears nothing once that could not bring all
   * in time; left out while it would not.
   */
  readonly pace?: Pace | undefined;
}

/** How the CDN answers. */
export interface Pace {
  readonly rateBps: number;
  /** Until the first byte. */
  readonly ttfbMs: number;
}

/** Bytes that the CDN answered. */
export interface CdnAnswer {
  readonly bytes: ArrayBuffer;
  /** Offset of `bytes` within the segment: 0 where a range was asked and the whole segment came. */
  readonly offset: number;
  /** Length of the whole segment where the answer says it. */
  readonly totalBytes: number | null;
  /** True if the bytes are the whole segment. */
  readonly whole: boolean;
}

/** Where a CDN request reports to. Exactly one of `done` and `failed` is called, unless the task is aborted. */
export interface CdnSink {
  progress(loadedBytes: number, totalBytes: number | null): void;
  done(answer: CdnAnswer): void;
  /**
   * @param outcome opaque to the engine: the plug-in gets it back when it is the player's to see
   * @param passing true where the same request may do later: no connection, time-outs, 5xx, 429
   */
  failed(outcome: unknown, passing?: boolean): void;
}

/** A CDN request under way. */
export interface CdnTask {
  abort(): void;
}

/** What the engine asks of a plug-in. */
export interface Player {
  state(): PlayerState;
  /**
   * Asks the CDN through the player's own loader, with its headers and credentials, for a segment or part of it.
   * @param range bytes within the segment; null for all of it
   */
  fetch(segment: Segment, range: ByteRange | null, sink: CdnSink): CdnTask;
  /**
   * Reads a track's playlist now, once, through the player's own playlist loader, and hands the timeline over if it has
   * grown; the player's own reload goes on as it would. Left out where a plug-in cannot.
   */
  refresh?(trackId: TrackId): void;
  /**
   * True where the player has another pathway or BaseURL to turn to: then a failure is its to see at once. Else the engine
   * holds a failing request, and tries again. Left out: there is none.
   */
  canTurnElsewhere?(): boolean;
}

/** How the bytes of a finished load came. */
export interface Delivery {
  readonly cdnBytes: number;
  readonly peerBytes: number;
  /** The rate the next segment can count on, bit/s; null while nothing is known. Never memory speed. */
  readonly rateBps: number | null;
  /** True if all of it came through the load's own request: then the player's own figures are the honest ones. */
  readonly plain: boolean;
}

/** Where a load reports to. Exactly one of `done` and `failed` is called, unless it is aborted. */
export interface LoadSink {
  progress(loadedBytes: number, totalBytes: number | null): void;
  /** @param bytes a copy that is the player's to keep, or to detach */
  done(bytes: ArrayBuffer, delivery: Delivery): void;
  /** Only ever what the load's own CDN request came to. */
  failed(outcome: unknown): void;
}

/** A segment that the player asks for. */
export interface LoadRequest {
  readonly segment: Segment;
  /** Asks the CDN for the whole segment exactly as the player alone would. Called at most once. */
  readonly fetch: (sink: CdnSink) => CdnTask;
  readonly sink: LoadSink;
}

/** A load under way. */
export interface LoadTask {
  /** Ends the load; its sink hears nothing more. What peers are sending anyway may be kept. */
  abort(): void;
}
