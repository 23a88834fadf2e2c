import {
  decodeFrame,
  editionOf,
  encodeFrame,
  encodePieceHead,
  type Frame,
  type PeerId,
  type Seal,
  type SegmentId,
  type TrackId,
} from "@shoal/protocol";
import { RateEstimate } from "../rate.ts";
import { Announcement } from "./copy.ts";
import { MOST_WEIGHT } from "./election.ts";
import type { Hearsay } from "./hearsay.ts";
import type { PeerLink } from "./peer-transport.ts";

/** Segments a neighbour may have announced at one time; the oldest are forgotten beyond it. */
const MAX_ANNOUNCED = 256;
/** Malformed frames after which a neighbour is not worth listening to. */
const MAX_BAD_FRAMES = 8;

/** One viewer we are connected to: what it said, what it owes us, how it behaves. */
export class Neighbour {
  readonly peerId: PeerId;
  readonly link: PeerLink;
  readonly sameIsp: boolean;
  /** HELLO has come and fits. */
  greeted = false;
  greetedMs = 0;
  uploads = false;
  /** Its uplink as it says it, in units of 100 kbit/s; 0 while unknown. */
  uplink = 0;
  tracks: ReadonlySet<TrackId> = new Set();
  receivedBytes = 0;
  sentBytes = 0;
  outstandingBytes = 0;
  lateness = 0;
  /** Rate lately received from it, bit/s; null before the first piece came, or was given up. */
  rateBps: number | null = null;
  busyUntilMs = Number.NEGATIVE_INFINITY;
  /** When a CDN request that it had announced came to nothing, on the session's clock. */
  fetchFailedMs = Number.NEGATIVE_INFINITY;
  /** When it last sent part of a piece, on the session's clock. */
  lastReceivedMs = Number.NEGATIVE_INFINITY;
  skippedFrames = 0;
  badFrames = 0;
  readonly #hearsay: Hearsay;
  readonly #rate = new RateEstimate(2_000_000);
  readonly #announced = new Map<SegmentId, Announcement>();
  /** The newest seal of a segment that both know, by when it was sealed. */
  readonly #sealsKnown = new Map<SegmentId, number>();
  readonly #sealsWanted = new Map<SegmentId, number>();
  #burstSinceMs = 0;
  #burstBytes = 0;

  /** @param hearsay where what it announces is found by segment */
  constructor(peerId: PeerId, link: PeerLink, sameIsp: boolean, hearsay: Hearsay) {
    this.peerId = peerId;
    this.link = link;
    this.sameIsp = sameIsp;
    this.#hearsay = hearsay;
  }

  announced(id: SegmentId): Announcement | undefined {
    return this.#announced.get(id);
  }

  /** Its weight in elections. */
  get weight(): number {
    return this.uplink || MOST_WEIGHT;
  }

  send(frame: Frame): boolean {
    if (frame.type === "piece") return this.link.send(encodePieceHead(frame), frame.bytes);
    return this.link.send(encodeFrame(frame));
  }

  /** Reads a frame; null where it was malformed or unknown, which is counted. */
  read(bytes: Uint8Array): Frame | null {
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) {
      this.skippedFrames++;
      if (decoded.code !== "unknown-type") this.badFrames++;
      return null;
    }
    if (decoded.value.skippedBytes > 0) this.skippedFrames++;
    return decoded.value.frame;
  }

  /** It sends what no viewer of any version would. */
  get babbles(): boolean {
    return this.badFrames >= MAX_BAD_FRAMES;
  }

  /** The announcement of a segment, made if it is not there yet. */
  announcement(id: SegmentId): Announcement {
    const known = this.#announced.get(id);
    if (known) return known;
    const fresh = new Announcement();
    this.#announced.set(id, fresh);
    this.#hearsay.add(id, this, fresh);
    if (this.#announced.size > MAX_ANNOUNCED) {
      for (const oldest of this.#announced.keys()) {
        this.forget(oldest);
        break;
      }
    }
    return fresh;
  }

  /** Forgets everything said of a track that began anew. */
  forgetTrack(trackId: TrackId): void {
    for (const [id, { news }] of this.#announced) if (news?.trackId === trackId) this.forget(id);
  }

  forget(id: SegmentId): void {
    this.#sealsKnown.delete(id);
    if (this.#announced.delete(id)) this.#hearsay.remove(id, this);
  }

  /** Forgets everything it said: it is gone. */
  forgetAll(): void {
    for (const id of this.#announced.keys()) this.forget(id);
  }

  /** Sends a seal unless this neighbour has it: it named it in an announcement, or one of us sent it to the other. */
  sendSeal(seal: Seal): void {
    if (!this.notesSeal(seal) || this.announced(seal.segmentId)?.edition === editionOf(seal)) return;
    this.send({ type: "seal", seal });
  }

  /** This neighbour has a seal now. @returns false where it had it before */
  notesSeal(seal: Seal): boolean {
    if (this.#sealsKnown.get(seal.segmentId) === seal.sealedAtMs) return false;
    if (this.#sealsKnown.size > 4 * MAX_ANNOUNCED) this.#sealsKnown.clear();
    this.#sealsKnown.set(seal.segmentId, seal.sealedAtMs);
    return true;
  }

  /** Asks for a seal, at most once a second. */
  wantSeal(id: SegmentId, nowMs: number): void {
    const askedMs = this.#sealsWanted.get(id);
    if (askedMs !== undefined && nowMs - askedMs < 1000) return;
    if (this.#sealsWanted.size > MAX_ANNOUNCED) this.#sealsWanted.clear();
    this.#sealsWanted.set(id, nowMs);
    this.send({ type: "wantSeal", segmentId: id });
  }

  /** Pieces were asked of it. */
  asked(bytes: number, nowMs: number): void {
    if (this.outstandingBytes === 0) {
      this.#burstSinceMs = nowMs;
      this.#burstBytes = 0;
    }
    this.outstandingBytes += bytes;
  }

  /** Payload arrived. */
  received(bytes: number, nowMs: number): void {
    this.lastReceivedMs = nowMs;
    this.receivedBytes += bytes;
    this.#burstBytes += bytes;
    this.outstandingBytes = Math.max(0, this.outstandingBytes - bytes);
    this.lateness = Math.max(0, this.lateness - bytes / 262_144);
  }

  /** A piece is complete: what it took since it was first asked is a sample of its rate. */
  pieceDone(nowMs: number): void {
    this.#sample(this.#burstBytes, Math.max(1, nowMs - this.#burstSinceMs), nowMs);
  }

  /**
   * Pieces asked of it will not come. Where they were given up because they are late, its rate is at most what would have
   * brought them now: else who never finishes a piece would be taken for as fast as on the first day.
   */
  released(bytes: number, late: boolean, nowMs: number): void {
    this.outstandingBytes = Math.max(0, this.outstandingBytes - bytes);
    if (!late) return;
    this.lateness = Math.min(8, this.lateness + 1);
    this.#sample(this.#burstBytes + bytes, nowMs - this.#burstSinceMs, nowMs);
  }

  #sample(bytes: number, durationMs: number, nowMs: number): void {
    this.#rate.add(bytes, durationMs);
    this.rateBps = this.#rate.bps;
    this.#burstSinceMs = nowMs;
    this.#burstBytes = 0;
  }
}
