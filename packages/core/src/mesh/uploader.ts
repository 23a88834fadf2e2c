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
import { UplinkMeter } from "./uplink-meter.ts";
import { UploadBudget, type UploadLimits } from "./upload-budget.ts";

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
  readonly length: number;
  offset: number;
  /** Hardly anybody around has it yet. */
  rare: boolean;
}

interface Queue {
  readonly neighbour: Neighbour;
  readonly jobs: Job[];
  /** Its next piece is due when all others' due before are sent: in pieces, over the neighbour's uplink. */
  due: number;
  /** Who has more goes before all turns. */
  haste: number;
}

/** Pieces one neighbour may have waiting with us. */
const MAX_QUEUE = 512;
/** What all may have waiting where we know how fast we send: as much as leaves within this time, and at least so much. */
const MAX_WAIT_MS = 400;
const LEAST_QUEUE_BYTES = 2 * 65_536;
/** Bytes in the channels' own queues: as much as leaves within this time. More only delays what is said meanwhile. */
const AHEAD_MS = 100;
const LEAST_AHEAD_BYTES = 24 * 1024;
const MOST_AHEAD_BYTES = 256 * 1024;
/** A rare piece goes before all others, so often: it is what neighbours will have to give to each other. */
const MOST_GIVEN = 2;
/** Segments of which it is remembered what was sent. */
const REMEMBERED = 16;
/** In turns nobody's uplink counts for less, and one that nobody knows for so much; units of 100 kbit/s. */
const LEAST_UPLINK = 20;
const UNKNOWN_UPLINK = 50;
/** When to look again for room in the channels at the soonest, where none of them says so itself. */
const LOOK_MS = 25;

/** Sends pieces: whole pieces, neighbours in turn, never more in the channels than they can carry soon. */
export class Uploader {
  readonly #source: UploadSource;
  readonly #isRareAround: (id: SegmentId, piece: number) => boolean;
  /** How often each piece of the segments lately asked for was sent. */
  readonly #given = new Map<SegmentId, number[]>();
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #budget: UploadBudget;
  readonly #meter: UplinkMeter;
  readonly #queues = new Map<PeerId, Queue>();
  /** Neighbours in whose channels something of ours may still wait. */
  readonly #served = new Set<Neighbour>();
  /** Where the turns have come to. */
  #turn = 0;
  #cancelTimer: (() => void) | null = null;

  /**
   * @param isRare hardly any neighbour is known to hold a piece
   * @param limits of what is sent to all neighbours together
   */
  constructor(
    source: UploadSource,
    isRare: (id: SegmentId, piece: number) => boolean,
    clock: Clock,
    counters: Counters,
    limits: UploadLimits,
  ) {
    this.#source = source;
    this.#isRareAround = isRare;
    this.#clock = clock;
    this.#counters = counters;
    this.#meter = new UplinkMeter(clock);
    this.#budget = new UploadBudget(limits, clock, () => this.#meter.bps);
  }

  /** Neighbours being served at the moment. */
  get active(): number {
    return this.#queues.size;
  }

  /** bit/s, as measured while others waited for bytes; null while unknown. */
  get uplinkBps(): number | null {
    return this.#meter.bps === null ? null : Math.min(this.#budget.bps, this.#meter.bps);
  }

  /** Queues what a neighbour asks for; what cannot be had, or not soon, is rejected at once. */
  request(neighbour: Neighbour, frame: RequestFrame): void {
    const queue = this.#queues.get(neighbour.peerId) ?? { neighbour, jobs: [], due: this.#turn, haste: 0 };
    const refused = new Map<RejectReason, number[]>();
    let room = this.#room();
    for (const piece of fromRanges(frame.pieces)) {
      const found = this.#source(frame.segmentId, piece, frame.edition);
      // Rare is what has to spread: with whoever does not send to others it would end.
      const rare = neighbour.uploads && this.#isRare(frame.segmentId, piece);
      const isFull = queue.jobs.length >= MAX_QUEUE || (room <= 0 && !rare);
      if (typeof found === "string" || isFull) {
        const reason = typeof found === "string" ? found : "busy";
        refused.set(reason, [...(refused.get(reason) ?? []), piece]);
        continue;
      }
      const { length } = found.bytes;
      queue.jobs.push({ segmentId: frame.segmentId, edition: frame.edition, piece, length, offset: 0, rare });
      room -= length;
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
  remove(neighbour: Neighbour): void {
    this.#queues.delete(neighbour.peerId);
    this.#served.delete(neighbour);
  }

  /** Sends as much as the channels and the budget take now. Called again when a channel drains. */
  pump(): void {
    this.#budget.refill();
    const mostBytes = this.#mostAheadBytes();
    let [queuedBytes, aheadBytes] = this.#queued(mostBytes / 2);
    if (this.#queues.size > 0) this.#meter.look(queuedBytes);
    while (aheadBytes < mostBytes && !this.#budget.isSpent) {
      const bytes = this.#sendNext(Math.min(mostBytes - aheadBytes, mostBytes / 2));
      if (bytes === null) break;
      aheadBytes += bytes;
      queuedBytes += bytes;
    }
    // What a budget holds back says nothing of the uplink.
    if (this.#queues.size === 0 || this.#budget.isSpent) this.#meter.idle(queuedBytes);
    if (this.#queues.size > 0) this.#pumpLater(aheadBytes - mostBytes / 2);
  }

  close(): void {
    this.#cancelTimer?.();
    this.#queues.clear();
    this.#served.clear();
  }

  /** In all channels: as it is, and each up to a bound. One whose own line is the slow one must not hold up the others. */
  #queued(mostOfOne: number): [bytes: number, boundedBytes: number] {
    let bytes = 0;
    let boundedBytes = 0;
    for (const neighbour of this.#served) {
      const { queuedBytes } = neighbour.link;
      bytes += queuedBytes;
      boundedBytes += Math.min(queuedBytes, mostOfOne);
      if (queuedBytes === 0 && !this.#queues.has(neighbour.peerId)) this.#served.delete(neighbour);
    }
    return [bytes, boundedBytes];
  }

  /**
   * Whoever is in the middle of a piece; then rare pieces, to those first who pass them on soonest; then by turn: those who
   * can pass most on have the most turns.
   */
  #inTurn(): Queue[] {
    const queues = [...this.#queues.values()];
    for (const queue of queues) {
      this.#bringForward(queue.jobs);
      const [next] = queue.jobs;
      queue.haste = next && next.offset > 0 ? Number.POSITIVE_INFINITY : next?.rare ? passesOn(queue) : 0;
    }
    return queues.sort((a, b) => b.haste - a.haste || a.due - b.due);
  }

  /** A rare piece comes first, unless another is begun. */
  #bringForward(jobs: Job[]): void {
    if (!jobs[0] || jobs[0].offset > 0) return;
    const at = jobs.findIndex((job) => {
      job.rare &&= this.#isRare(job.segmentId, job.piece);
      return job.rare;
    });
    if (at > 0) jobs.unshift(...jobs.splice(at, 1));
  }

  #isRare(id: SegmentId, piece: number): boolean {
    return (this.#given.get(id)?.[piece] ?? 0) < MOST_GIVEN && this.#isRareAround(id, piece);
  }

  #gave({ segmentId, piece }: Job): void {
    const given = this.#given.get(segmentId) ?? [];
    given[piece] = (given[piece] ?? 0) + 1;
    this.#given.set(segmentId, given);
    if (this.#given.size <= REMEMBERED) return;
    for (const oldest of this.#given.keys()) {
      this.#given.delete(oldest);
      break;
    }
  }

  /** Sends to whoever's turn it is. @returns bytes sent; null where nobody can be sent anything */
  #sendNext(mostBytes: number): number | null {
    for (const queue of this.#inTurn()) {
      const bytes = this.#sendPiece(queue, mostBytes);
      if (bytes !== null) return bytes;
    }
    return null;
  }

  /**
   * Sends frames of the neighbour's next piece. Once it is finished the others have their turn; until then its place is
   * kept, so that a piece is finished before another begins.
   *
   * @param mostBytes to be sent now
   * @returns bytes sent; null where nothing could be done
   */
  #sendPiece(queue: Queue, mostBytes: number): number | null {
    const { neighbour, jobs } = queue;
    const [job] = jobs;
    if (!job || neighbour.link.queuedBytes >= this.#mostAheadBytes() / 2) return null;
    let bytes = 0;
    while (bytes < mostBytes && !this.#budget.isSpent) {
      const before = job.offset;
      const isDone = this.#sendFrame(neighbour, job);
      bytes += job.offset - before;
      if (!isDone) continue;
      this.#gave(job);
      jobs.shift();
      if (jobs.length === 0) this.#queues.delete(neighbour.peerId);
      this.#turn = queue.due;
      queue.due += 1 / Math.max(LEAST_UPLINK, passesOn(queue));
      break;
    }
    return bytes;
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
    this.#budget.spend(bytes.length);
    this.#served.add(neighbour);
    this.#meter.sent(bytes.length);
    neighbour.sentBytes += bytes.length;
    this.#counters.uploadedBytes += bytes.length;
    return job.offset >= found.bytes.length;
  }

  /** Bytes that may be queued in addition: none that would be sent later than is of use. */
  #room(): number {
    const bps = this.uplinkBps;
    if (bps === null) return Number.POSITIVE_INFINITY;
    let queued = 0;
    for (const { jobs } of this.#queues.values()) for (const { length } of jobs) queued += length;
    return Math.max(LEAST_QUEUE_BYTES, (bps * MAX_WAIT_MS) / 8000) - queued;
  }

  #mostAheadBytes(): number {
    const bps = this.uplinkBps;
    if (bps === null) return MOST_AHEAD_BYTES / 2;
    return Math.max(LEAST_AHEAD_BYTES, Math.min(MOST_AHEAD_BYTES, (bps * AHEAD_MS) / 8000));
  }

  /** @param bytes that must have left before there is room for more */
  #pumpLater(bytes: number): void {
    const bps = this.uplinkBps;
    const waitMs = bps === null ? LOOK_MS : Math.max(LOOK_MS, Math.min(AHEAD_MS, (bytes * 8000) / bps));
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(waitMs, () => this.pump());
  }
}

/** How fast a neighbour gives to others what it is sent, in units of 100 kbit/s. */
function passesOn({ neighbour }: Queue): number {
  return neighbour.uploads ? neighbour.uplink || UNKNOWN_UPLINK : 0;
}
