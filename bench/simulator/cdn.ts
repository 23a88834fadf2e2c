import type { CdnSink, CdnTask, Segment } from "@shoal/core";
import type { ByteRange } from "@shoal/protocol";
import { Egress, fairShares } from "./egress.ts";
import type { Person } from "./population.ts";
import type { LiveStream } from "./stream.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { zeros } from "./zeros.ts";

/**
 * Why the CDN was asked. `no-mesh`: start-up, before sharing works. `alone`: no neighbours. `elected`: this viewer's turn
 * in an election, as primary or backup. `rescue`: peers were waited for and would have been late. `low-buffer`: too little
 * buffer to wait.
 */
export const FETCH_CAUSES = ["no-mesh", "alone", "elected", "rescue", "low-buffer"] as const;
export type FetchCause = (typeof FETCH_CAUSES)[number];

/** One request that the CDN answered, wholly or until it was aborted. */
export interface CdnRequest {
  readonly person: Person;
  readonly number: number;
  readonly level: number;
  readonly atMs: number;
  readonly range: boolean;
  readonly cause: FetchCause;
  /** Bytes sent so far. */
  bytes: number;
}

/** An answer under way. */
interface Transfer {
  readonly request: CdnRequest;
  readonly bytes: number;
  readonly sink: CdnSink;
  readonly finish: () => void;
  /** As fast as response and downlink allow. */
  readonly bytesPerMs: number;
  /** Sent up to `sinceMs`, which lies ahead until the first byte is on its way. */
  sentBytes: number;
  sinceMs: number;
  toldMs: number;
  cancel: () => void;
}

/** Time to the first byte, milliseconds. */
const LATENCY_MS = 20;
/** Of one response; a viewer's downlink may be less. */
const RESPONSE_BPS = 20_000_000;
const PROGRESS_STEPS = 4;
/** While the CDN's egress is limited, shares are given anew this often, and progress is told that often. */
const SHARE_MS = 50;
const TELL_MS = 250;

/** A CDN that answers everything that exists, at a fixed rate per response or within a limit in all, and keeps a list. */
export class Cdn {
  readonly requests: CdnRequest[] = [];
  readonly egress = new Egress();
  readonly #clock: VirtualTime;
  readonly #stream: LiveStream;
  readonly #transfers = new Set<Transfer>();
  #limitBps: number | null = null;

  constructor(clock: VirtualTime, stream: LiveStream) {
    this.#clock = clock;
    this.#stream = stream;
  }

  /** Milliseconds until the last byte of an answer of so many bytes. */
  static durationMs(bytes: number, downlinkBps: number): number {
    return LATENCY_MS + (bytes * 8000) / Math.min(RESPONSE_BPS, downlinkBps);
  }

  /** Limits what is sent in all, bit/s; null ends that. */
  limit(bps: number | null): void {
    const before = this.#limitBps;
    if (before === bps) return;
    if (before === null) for (const transfer of this.#transfers) this.#advance(transfer, transfer.bytesPerMs);
    else this.#shareOut(before);
    this.#limitBps = bps;
    for (const transfer of this.#transfers) {
      transfer.cancel();
      if (bps === null) this.#step(transfer);
    }
    if (before === null) this.#keepSharingOut();
  }

  /** @param range bytes within the segment; null for all of it */
  fetch(who: { person: Person; cause: FetchCause }, segment: Segment, range: ByteRange | null, sink: CdnSink): CdnTask {
    const { person, cause } = who;
    const { number, rendition } = this.#stream.placeOf(segment.id);
    const { segmentBytes: totalBytes, level } = rendition;
    const first = range?.first ?? 0;
    const bytes = Math.min(range?.last ?? totalBytes - 1, totalBytes - 1) - first + 1;
    const atMs = this.#clock.now();
    const request: CdnRequest = { person, number, level, atMs, range: range !== null, cause, bytes: 0 };
    this.requests.push(request);
    if (number > this.#stream.newest) {
      return { abort: this.#clock.after(LATENCY_MS, () => sink.failed({ code: 404 })) };
    }
    const transfer: Transfer = {
      request,
      bytes,
      sink,
      finish: () => sink.done({ bytes: zeros(bytes), offset: first, totalBytes, whole: range === null }),
      bytesPerMs: Math.min(RESPONSE_BPS, person.downlinkBps) / 8000,
      sentBytes: 0,
      sinceMs: atMs + LATENCY_MS,
      toldMs: atMs,
      cancel: () => {},
    };
    this.#transfers.add(transfer);
    if (this.#limitBps === null) this.#step(transfer);
    return {
      abort: () => {
        transfer.cancel();
        if (!this.#transfers.delete(transfer)) return;
        if (this.#limitBps === null) this.#advance(transfer, transfer.bytesPerMs);
      },
    };
  }

  /** At full speed: an event for each quarter. */
  #step(transfer: Transfer): void {
    const { bytes, bytesPerMs, sentBytes, sinceMs } = transfer;
    const quarter = bytes / PROGRESS_STEPS;
    const until = Math.min(bytes, (Math.floor(sentBytes / quarter + 1e-6) + 1) * quarter);
    const delayMs = Math.max(0, sinceMs - this.#clock.now()) + (until - sentBytes) / bytesPerMs;
    transfer.cancel = this.#clock.after(delayMs, () => {
      this.#advance(transfer, bytesPerMs);
      if (!this.#told(transfer) && this.#transfers.has(transfer)) this.#step(transfer);
    });
  }

  #keepSharingOut(): void {
    this.#clock.after(SHARE_MS, () => {
      if (this.#limitBps === null) return;
      this.#shareOut(this.#limitBps);
      this.#keepSharingOut();
    });
  }

  /** Within a limit: all transfers get on together. */
  #shareOut(limitBps: number): void {
    const nowMs = this.#clock.now();
    const sending = [...this.#transfers].filter(({ sinceMs }) => sinceMs < nowMs);
    const caps = sending.map(({ bytesPerMs }) => bytesPerMs);
    const shares = fairShares(caps, limitBps / 8000);
    sending.forEach((transfer, at) => {
      if (!this.#transfers.has(transfer)) return;
      this.#advance(transfer, shares[at] ?? 0);
      if (transfer.sentBytes < transfer.bytes && nowMs - transfer.toldMs < TELL_MS) return;
      transfer.toldMs = nowMs;
      this.#told(transfer);
    });
  }

  #advance(transfer: Transfer, bytesPerMs: number): void {
    const nowMs = this.#clock.now();
    if (transfer.sinceMs >= nowMs) return;
    const { request, bytes, sinceMs, sentBytes } = transfer;
    const sent = Math.min(bytes, sentBytes + (nowMs - sinceMs) * bytesPerMs);
    this.egress.add(sinceMs, nowMs, sent - sentBytes);
    // A quarter that was timed is whole, whatever rounding says.
    transfer.sentBytes = bytes - sent < 0.5 ? bytes : sent;
    transfer.sinceMs = nowMs;
    request.bytes = Math.floor(transfer.sentBytes);
  }

  /** Tells how far a transfer is; true if that is its end. */
  #told(transfer: Transfer): boolean {
    const { request, bytes, sink } = transfer;
    if (transfer.sentBytes < bytes) {
      sink.progress(request.bytes, bytes);
      return false;
    }
    this.#transfers.delete(transfer);
    transfer.finish();
    return true;
  }
}
