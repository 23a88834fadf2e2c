import type { PeerId, SegmentId, TrackId } from "./ids.ts";
import type { PieceRange } from "./pieces.ts";
import type { Seal } from "./seal.ts";

/** Two viewers share when they agree on this; every other difference is bridged by skipping what is unknown. */
export const WIRE_MAJOR = 1;
/** Counts additions; for the log only. */
export const WIRE_MINOR = 1;
/** No frame is longer. */
export const MAX_FRAME_BYTES = 16_384;

/** First byte of each frame. A number never changes its meaning. */
export const FRAME_TYPES = {
  hello: 1,
  have: 2,
  drop: 3,
  request: 4,
  piece: 5,
  cancel: 6,
  reject: 7,
  status: 8,
  wantSeal: 9,
  seal: 10,
  bye: 11,
} as const;

/** The first frame of each side. */
export interface HelloFrame {
  readonly type: "hello";
  readonly major: number;
  readonly minor: number;
  /** Feature bits; none are defined yet. */
  readonly features: number;
  readonly peerId: PeerId;
  /** Hash of the swarm id, 16 hexadecimal digits. */
  readonly swarm: string;
}

/** What a viewer can say of a segment besides its id. */
export interface SegmentNews {
  readonly trackId: TrackId;
  /** The segment before it; `NO_SEGMENT` where unknown. */
  readonly previousId: SegmentId;
  /** 0 while unknown. */
  readonly byteLength: number;
  readonly pieceShift: number;
}

/** "I hold these pieces, and those are on their way to me from the CDN." A delta: it adds to what was said before. */
export interface HaveFrame {
  readonly type: "have";
  readonly segmentId: SegmentId;
  /** See `editionOf`; 0 while there is no seal. */
  readonly edition: number;
  readonly news: SegmentNews | null;
  readonly complete: boolean;
  readonly held: readonly PieceRange[];
  readonly coming: readonly PieceRange[];
}

/** "I no longer hold these segments, nor fetch them." */
export interface DropFrame {
  readonly type: "drop";
  readonly segmentIds: readonly SegmentId[];
}

/** "Send me these pieces." */
export interface RequestFrame {
  readonly type: "request";
  readonly segmentId: SegmentId;
  /** The edition wanted; 0 accepts what has no seal yet. */
  readonly edition: number;
  /** Milliseconds until the asker would go elsewhere; 0 says nothing. At most 65535. */
  readonly withinMs: number;
  readonly pieces: readonly PieceRange[];
}

/** Bytes of one piece from `offset` within the piece. */
export interface PieceFrame {
  readonly type: "piece";
  readonly segmentId: SegmentId;
  readonly edition: number;
  readonly piece: number;
  readonly offset: number;
  /** A view on the frame's own bytes. */
  readonly bytes: Uint8Array;
}

/** "Do not send these any more"; an empty list means all of the segment. */
export interface CancelFrame {
  readonly type: "cancel";
  readonly segmentId: SegmentId;
  readonly pieces: readonly PieceRange[];
}

/** Why a request is not served; an unknown number reads as `busy`. */
export const REJECT_REASONS = ["busy", "gone", "other-edition", "budget"] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

export interface RejectFrame {
  readonly type: "reject";
  readonly segmentId: SegmentId;
  readonly reason: RejectReason;
  readonly pieces: readonly PieceRange[];
}

/** How a viewer stands; sent when it changes. */
export interface StatusFrame {
  readonly type: "status";
  readonly uploads: boolean;
  /** Requests it would serve at once. */
  readonly freeSlots: number;
  /** Tracks it plays. */
  readonly tracks: readonly TrackId[];
  /** Tracks that continue an earlier one under a new init segment. */
  readonly continues: readonly { readonly from: TrackId; readonly to: TrackId }[];
  /** Epoch of the fetchers' roster it knows; 0 without one. */
  readonly rosterEpoch: number;
  /** Measured uplink in units of 100 kbit/s, at most 65535; 0 while unknown. Since minor version 1; not sent while 0. */
  readonly uplink: number;
}

export interface WantSealFrame {
  readonly type: "wantSeal";
  readonly segmentId: SegmentId;
}

export interface SealFrame {
  readonly type: "seal";
  readonly seal: Seal;
}

/** Why a connection is given up; an unknown number reads as `leaving`. */
export const BYE_REASONS = ["leaving", "replaced", "convicted", "incompatible", "other-swarm"] as const;
export type ByeReason = (typeof BYE_REASONS)[number];

export interface ByeFrame {
  readonly type: "bye";
  readonly reason: ByeReason;
}

export type Frame =
  | HelloFrame
  | HaveFrame
  | DropFrame
  | RequestFrame
  | PieceFrame
  | CancelFrame
  | RejectFrame
  | StatusFrame
  | WantSealFrame
  | SealFrame
  | ByeFrame;
