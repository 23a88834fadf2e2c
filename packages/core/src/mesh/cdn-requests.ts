import type { ByteRange, SegmentId } from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { CdnAnswer, CdnSink, CdnTask, Segment } from "../player.ts";
import { RateEstimate } from "../rate.ts";
import type { Counters } from "../stats.ts";
import type { Copies } from "./copies.ts";
import type { Copy } from "./copy.ts";

/** What asking the CDN needs from around it. */
export interface CdnRequestsRim {
  readonly clock: Clock;
  readonly copies: Copies;
  readonly counters: Counters;
  /** A request for a segment began, or came to nothing: neighbours must know. */
  readonly announceFetch: (copy: Copy, fetching: boolean) => void;
}

/** What becomes of a request. Exactly one of `done` and `failed` is called, unless it is aborted. */
export interface CdnOutcome {
  progress(loadedBytes: number, totalBytes: number | null): void;
  done(answer: CdnAnswer): void;
  failed(outcome: unknown, passing: boolean): void;
}

interface Request {
  readonly copy: Copy;
  readonly range: ByteRange | null;
  readonly beganMs: number;
  loadedBytes: number;
  task: CdnTask | null;
}

/** After so many errors in a row the CDN is asked again for a segment so much later. */
const RETRY_MS = 500;
const MOST_RETRY_MS = 1_000;
/** A server that did not take a range is not asked for one again for this long. */
const RANGES_REFUSED_MS = 60_000;

/** The engine's requests to the CDN: what is under way, what was paid for, how fast it is, which servers take ranges. */
export class CdnRequests {
  readonly #rim: CdnRequestsRim;
  readonly #requests = new Map<SegmentId, Request[]>();
  readonly #rate = new RateEstimate(1_500_000);
  /** By host: `true` once a range was answered as one; when one was refused otherwise. */
  readonly #ranges = new Map<string, true | number>();

  constructor(rim: CdnRequestsRim) {
    this.#rim = rim;
  }

  /** When the CDN failed last and has not answered since; long ago where it does. */
  failedMs = Number.NEGATIVE_INFINITY;

  /** bit/s; null while unknown. */
  get bps(): number | null {
    return this.#rate.bps;
  }

  /** A transfer that came about elsewhere. */
  saw(bytes: number, durationMs: number): void {
    this.#rate.add(bytes, durationMs);
  }

  /** False where the segment's server is known to answer ranges with an error or with everything. */
  takesRanges(segment: Segment): boolean {
    const known = this.#ranges.get(hostOf(segment.url));
    return known === undefined || known === true || this.#rim.clock.now() - known > RANGES_REFUSED_MS;
  }

  /** The segment's server has answered a range: several may be asked of it at once. */
  gaveRanges(segment: Segment): boolean {
    return this.#ranges.get(hostOf(segment.url)) === true;
  }

  /**
   * Asks for a segment or a range of it. While nobody knows whether a server takes ranges, only one is asked for.
   * @returns false where nothing was asked
   */
  open(copy: Copy, range: ByteRange | null, start: (sink: CdnSink) => CdnTask, outcome: CdnOutcome): boolean {
    const under = this.#requests.get(copy.id) ?? [];
    if (range ? this.#mustWait(copy) : under.some((request) => !request.range)) return false;
    const { clock, counters } = this.#rim;
    const request: Request = { copy, range, beganMs: clock.now(), loadedBytes: 0, task: null };
    this.#requests.set(copy.id, [...under, request]);
    this.#begin(request);
    const task = start({
      progress: (loaded, total) => {
        this.#progress(request, loaded);
        outcome.progress(loaded, total);
      },
      done: (answer) => {
        this.#forget(request);
        counters.cdnBytes += answer.bytes.byteLength;
        this.#rate.add(answer.bytes.byteLength, clock.now() - request.beganMs);
        if (range && copy.segment) this.#ranges.set(hostOf(copy.segment.url), answer.whole ? clock.now() : true);
        copy.cdnFailures = 0;
        this.failedMs = Number.NEGATIVE_INFINITY;
        outcome.done(answer);
      },
      failed: (reason, passing = false) => {
        this.#lose(request);
        const host = hostOf(copy.segment?.url ?? "");
        // Of a server that never took a range, the range may be what it refuses.
        if (range && this.#ranges.get(host) !== true) this.#ranges.set(host, clock.now());
        else this.#failed(copy);
        this.#rim.announceFetch(copy, false);
        outcome.failed(reason, passing);
      },
    });
    request.task = task;
    return true;
  }

  /** Ends ranges that bring nothing: as good as an error. */
  giveUpRanges(copy: Copy): void {
    this.#failed(copy);
    this.abort(copy.id, true);
  }

  /** Ends what is under way for a segment, or its ranges only. */
  abort(id: SegmentId, rangesOnly: boolean = false): void {
    const ended = (this.#requests.get(id) ?? []).filter(({ range }) => range || !rangesOnly);
    for (const request of ended) {
      request.task?.abort();
      this.#lose(request);
    }
    const copy = ended[0]?.copy;
    if (copy && this.#rim.copies.get(id) === copy) this.#rim.announceFetch(copy, false);
  }

  /** True while a request for all of a segment is under way. */
  underWay(id: SegmentId): boolean {
    return this.#requests.get(id)?.some(({ range }) => !range) ?? false;
  }

  ids(): readonly SegmentId[] {
    return [...this.#requests.keys()];
  }

  #failed(copy: Copy): void {
    const nowMs = this.#rim.clock.now();
    copy.cdnFailures++;
    this.failedMs = nowMs;
    copy.cdnRetryMs = nowMs + Math.min(MOST_RETRY_MS, copy.cdnFailures * RETRY_MS);
  }

  #mustWait({ segment }: Copy): boolean {
    const host = hostOf(segment?.url ?? "");
    if (this.#ranges.get(host) === true) return false;
    for (const requests of this.#requests.values()) {
      if (requests.some(({ copy, range }) => range && hostOf(copy.segment?.url ?? "") === host)) return true;
    }
    return false;
  }

  #begin({ copy, range, beganMs }: Request): void {
    if (range) {
      for (const index of copy.in("missing", "quarantined")) {
        if (isIn(copy, index, range)) copy.set(index, "coming", beganMs);
      }
    } else {
      copy.cdnSinceMs = copy.cdnProgressMs = beganMs;
    }
    this.#rim.announceFetch(copy, true);
  }

  #progress(request: Request, loadedBytes: number): void {
    if (loadedBytes <= request.loadedBytes) return;
    request.loadedBytes = loadedBytes;
    const nowMs = this.#rim.clock.now();
    const { copy, range } = request;
    if (!range) copy.cdnProgressMs = nowMs;
    else for (const index of copy.in("coming")) if (isIn(copy, index, range)) copy.set(index, "coming", nowMs);
  }

  /** What a request had brought before it was given up was paid for all the same. */
  #lose(request: Request): void {
    this.#forget(request);
    this.#rim.counters.cdnBytes += request.loadedBytes;
    this.#rim.counters.wastedBytes += request.loadedBytes;
    const { copy, range } = request;
    if (!range) return;
    for (const index of copy.in("coming"))
      if (isIn(copy, index, range)) copy.set(index, "missing", this.#rim.clock.now());
  }

  #forget(request: Request): void {
    const { id } = request.copy;
    const left = (this.#requests.get(id) ?? []).filter((other) => other !== request);
    if (left.length > 0) this.#requests.set(id, left);
    else this.#requests.delete(id);
    if (!request.range) request.copy.cdnSinceMs = null;
  }
}

function isIn(copy: Copy, index: number, range: ByteRange): boolean {
  const { offset, length } = copy.extent(index);
  return offset >= range.first && offset + length - 1 <= range.last;
}

function hostOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] ?? "";
}
