import type { PeerId, SealingState, SegmentId, SharingMode } from "@shoal/protocol";
import type { Policy } from "./mesh/device.ts";

/** Why nothing is shared at the moment. */
export type SharingOffReason =
  | "option"
  | "remote"
  | "paused"
  | "no-tracker"
  | "tracker-away"
  | "tracker-refused"
  | "no-webrtc"
  | "insecure-page"
  | "unsupported-player"
  | "mesh-failed"
  /** A rule of the device or its network: see `policy`. */
  | "policy"
  /** Data channels were tried, and do not work. */
  | "no-data-channel"
  /** A page that tried data channels was gone before it knew whether they work. */
  | "crashed-before"
  | "starting"
  | Exclude<SealingState, "on">;

/** One neighbour, as seen from here. */
export interface NeighbourStats {
  readonly peerId: PeerId;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** bit/s lately received from it; null before the first piece. */
  readonly rateBps: number | null;
  readonly sameIsp: boolean;
}

/** How one segment reached this viewer. */
export interface SegmentStats {
  readonly id: SegmentId;
  readonly cdnBytes: number;
  readonly peerBytes: number;
  /** From the player's request to its answer, milliseconds. */
  readonly loadMs: number;
  /** True if peers were waited for and the CDN had to complete it. */
  readonly rescued: boolean;
}

/** Counters since the session began, and the state of now. Bytes are media bytes. */
export interface ShoalStats {
  readonly sharing: SharingMode;
  /** null while sharing works. */
  readonly offReason: SharingOffReason | null;
  readonly peerId: PeerId | null;
  /** Name of the connection in the tracker's log, the last one's while it is away; null before the first. For support. */
  readonly session: string | null;
  /** What the device affords, what limits sharing, and why; null before the mesh was loaded. */
  readonly policy: Policy | null;
  readonly cdnBytes: number;
  readonly peerBytes: number;
  readonly uploadedBytes: number;
  /** How fast this viewer sends while others wait for bytes, bit/s; null while unknown. */
  readonly uplinkBps: number | null;
  /** Received and never handed to the player. */
  readonly wastedBytes: number;
  /** Segments that the CDN completed because peers would have been late. */
  readonly rescues: number;
  /** Viewers whose bytes or seals were refuted. */
  readonly convicted: number;
  /** Frames and messages that were skipped because they were malformed or unknown. */
  readonly skippedMessages: number;
  readonly storedBytes: number;
  readonly neighbours: readonly NeighbourStats[];
  /** The last 50 segments. */
  readonly segments: readonly SegmentStats[];
}

const KEPT_SEGMENTS = 50;

/** Where the parts of a session count. */
export class Counters {
  cdnBytes = 0;
  peerBytes = 0;
  uploadedBytes = 0;
  wastedBytes = 0;
  rescues = 0;
  convicted = 0;
  skippedMessages = 0;
  readonly segments: SegmentStats[] = [];

  addSegment(segment: SegmentStats): void {
    this.segments.push(segment);
    if (this.segments.length > KEPT_SEGMENTS) this.segments.shift();
  }
}
