import {
  fromRanges,
  MAX_PIECE_PAYLOAD_BYTES,
  type PeerId,
  type RejectReason,
  type RequestFrame,
  type SegmentId,
  toRanges,
} from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { Counters } from "../stats.ts";
import type { Neighbour } from "./neighbour.ts";

/** What may be sent: the bytes of a piece and the edition they belong to, or why not. */
export type UploadSource = (
  id: SegmentId,
  piece: number,
  edition: number,
) => { readonly bytes: Uint8Array<ArrayBuffer>; readonly edition: number } | RejectReason;

interface Job {
  readonly segmentId: SegmentId;
  readonly edition: number;
  readonly piece: number;
  offset: number;
}

/** Pieces one neighbour may have waiting with us. */
const MAX_QUEUE = 512;
/** Bytes in a channel's own queue; more only adds delay. */
const HIGH_WATER_BYTES = 192 * 1024;

/** Sends pieces: neighbours in turn, a frame each, never more in a channel than it can carry soon. */
export class Uploader {
  readonly #source: UploadSource;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #bytesPerSecond: number;
  readonly #queues = new Map<PeerId, { readonly neighbour: Neighbour; readonly jobs: Job[] }>();
  #allowanceBytes: number;
  #refilledMs: number;
  #cancelTimer: (() => void) | null = null;

  /** @param bytesPerSecond most that is sent to all neighbours; 0 sets no limit */
  constructor(source: UploadSource, clock: Clock, counters: Counters, bytesPerSecond: number) {
    this.#source = source;
    this.#clock = clock;
    this.#counters = counters;
    this.#bytesPerSecond = bytesPerSecond;
    this.#allowanceBytes = bytesPerSecond;
    this.#refilledMs = clock.now();
  }

  /** Neighbours being served at the moment. */
  get active(): number {
    return this.#queues.size;
  }

  /** Queues what a neighbour asks for; what cannot be had is rejected at once. */
  request(neighbour: Neighbour, frame: RequestFrame): void {
    const queue = this.#queues.get(neighbour.peerId) ?? { neighbour, jobs: [] };
    const refused = new Map<RejectReason, number[]>();
    for (const piece of fromRanges(frame.pieces)) {
      const found = this.#source(frame.segmentId, piece, frame.edition);
      const reason = typeof found === "string" ? found : queue.jobs.length >= MAX_QUEUE ? "busy" : null;
      if (reason) refused.set(reason, [...(refused.get(reason) ?? []), piece]);
      else queue.jobs.push({ segmentId: frame.segmentId, edition: frame.edition, piece, offset: 0 });
    }
    for (const [reason, pieces] of refused) {
      neighbour.send({ type: "reject", segmentId: frame.segmentId, reason, pieces: toRanges(pieces) });
    }
    if (queue.jobs.length > 0) this.#queues.set(neighbour.peerId, queue);
    this.pump();
  }

  /** Forgets pieces a neighbour no longer wants. */
  cancel(peerId: PeerId, segmentId: SegmentId, pieces: ReadonlySet<number> | null): void {
    const queue = this.#queues.get(peerId);
    if (!queue) return;
    const kept = queue.jobs.filter((job) => job.segmentId !== segmentId || (pieces !== null && !pieces.has(job.piece)));
    queue.jobs.splice(0, queue.jobs.length, ...kept);
    if (kept.length === 0) this.#queues.delete(peerId);
  }

  /** Forgets a neighbour. */
  remove(peerId: PeerId): void {
    this.#queues.delete(peerId);
  }

  /** Sends as much as the channels and the budget take now. Called again when a channel drains. */
  pump(): void {
    this.#refill();
    let sent = true;
    while (sent) {
      sent = false;
      for (const [peerId, { neighbour, jobs }] of this.#queues) {
        if (neighbour.link.queuedBytes >= HIGH_WATER_BYTES) continue;
        if (this.#bytesPerSecond > 0 && this.#allowanceBytes <= 0) return this.#pumpLater();
        const job = jobs[0];
        if (job && this.#sendFrame(neighbour, job)) jobs.shift();
        if (jobs.length === 0) this.#queues.delete(peerId);
        sent = true;
      }
    }
  }

  close(): void {
    this.#cancelTimer?.();
    this.#queues.clear();
  }

  /** Sends the next frame of a piece; true when the piece is done with. */
  #sendFrame(neighbour: Neighbour, job: Job): boolean {
    const { segmentId, piece } = job;
    const found = this.#source(segmentId, piece, job.edition);
    if (typeof found === "string") {
      neighbour.send({ type: "reject", segmentId, reason: found, pieces: [{ first: piece, count: 1 }] });
      return true;
    }
    const bytes = found.bytes.subarray(job.offset, job.offset + MAX_PIECE_PAYLOAD_BYTES);
    const { edition } = found;
    if (!neighbour.send({ type: "piece", segmentId, edition, piece, offset: job.offset, bytes })) return true;
    job.offset += bytes.length;
    this.#allowanceBytes -= bytes.length;
    neighbour.sentBytes += bytes.length;
    this.#counters.uploadedBytes += bytes.length;
    return job.offset >= found.bytes.length;
  }

  #refill(): void {
    const nowMs = this.#clock.now();
    const earned = ((nowMs - this.#refilledMs) * this.#bytesPerSecond) / 1000;
    this.#allowanceBytes = Math.min(this.#bytesPerSecond, this.#allowanceBytes + earned);
    this.#refilledMs = nowMs;
  }

  #pumpLater(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(50, () => this.pump());
  }
}
