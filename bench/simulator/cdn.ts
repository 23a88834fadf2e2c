import type { CdnSink, CdnTask, Clock, Segment } from "@shoal/core";
import type { ByteRange } from "@shoal/protocol";
import type { Person } from "./population.ts";
import type { LiveStream } from "./stream.ts";
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
  readonly atMs: number;
  readonly range: boolean;
  readonly cause: FetchCause;
  /** Bytes sent so far. */
  bytes: number;
}

/** Time to the first byte, milliseconds. */
const LATENCY_MS = 20;
/** Of one response; a viewer's downlink may be less. */
const RESPONSE_BPS = 20_000_000;
const PROGRESS_STEPS = 4;

/** A CDN that answers everything that exists, at a fixed rate per response, and keeps a list. */
export class Cdn {
  readonly requests: CdnRequest[] = [];
  readonly #clock: Clock;
  readonly #stream: LiveStream;

  constructor(clock: Clock, stream: LiveStream) {
    this.#clock = clock;
    this.#stream = stream;
  }

  /** Milliseconds until the last byte of an answer of so many bytes. */
  static durationMs(bytes: number, downlinkBps: number): number {
    return LATENCY_MS + (bytes * 8000) / Math.min(RESPONSE_BPS, downlinkBps);
  }

  /** @param range bytes within the segment; null for all of it */
  fetch(who: { person: Person; cause: FetchCause }, segment: Segment, range: ByteRange | null, sink: CdnSink): CdnTask {
    const { person, cause } = who;
    const number = this.#stream.numberOf(segment.id);
    const totalBytes = this.#stream.segmentBytes;
    const first = range?.first ?? 0;
    const bytes = Math.min(range?.last ?? totalBytes - 1, totalBytes - 1) - first + 1;
    const atMs = this.#clock.now();
    const request: CdnRequest = { person, number, atMs, range: range !== null, cause, bytes: 0 };
    this.requests.push(request);
    if (number > this.#stream.newest) {
      return { abort: this.#clock.after(LATENCY_MS, () => sink.failed({ code: 404 })) };
    }
    const msPerByte = 8000 / Math.min(RESPONSE_BPS, person.downlinkBps);
    let cancel = (): void => {};
    const step = (done: number): void => {
      const stepBytes = Math.round((bytes * (done + 1)) / PROGRESS_STEPS) - request.bytes;
      cancel = this.#clock.after(stepBytes * msPerByte + (done === 0 ? LATENCY_MS : 0), () => {
        request.bytes += stepBytes;
        if (done + 1 < PROGRESS_STEPS) {
          step(done + 1);
          sink.progress(request.bytes, bytes);
        } else sink.done({ bytes: zeros(bytes), offset: first, totalBytes, whole: range === null });
      });
    };
    step(0);
    return {
      abort: () => {
        cancel();
        const sent = Math.floor(Math.max(0, this.#clock.now() - atMs - LATENCY_MS) / msPerByte);
        request.bytes = Math.max(request.bytes, Math.min(bytes, sent));
      },
    };
  }
}
