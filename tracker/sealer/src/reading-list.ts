import type { SegmentId } from "@shoal/protocol";
import type { ListedSegment } from "./playlist.ts";
import type { Arrival } from "./window.ts";

/** A segment that is listed now, and how far its seal is. */
export interface Entry {
  readonly segment: ListedSegment;
  readonly previousId: SegmentId;
  phase: "waiting" | "reading" | "sealed" | "given-up";
  /** Set when a viewer announced it; the larger, the later. 0: nobody did. */
  wanted: number;
  failures: number;
  /** Not before this time again, milliseconds since 1970. */
  notBeforeMs: number;
}

/** Defaults of {@link ReadingList}. */
const LIMITS = {
  /** Of a live playlist only so many of the newest are sealed unasked; a DVR window is hours long. */
  liveWindow: 32,
  /** Segments after an announced one that are sealed with it, where the playlist is complete. */
  lookAhead: 4,
  /** Announced segments that wait at once; the one announced longest ago is forgotten. */
  maxWanted: 64,
  /** About a minute; then only news of it brings it back. */
  maxFailures: 12,
  firstRetryMs: 250,
  maxRetryMs: 8_000,
};

/** What of one media playlist is to be read next. Decides, reads nothing. */
export class ReadingList {
  readonly #entries = new Map<SegmentId, Entry>();
  #order: Entry[] = [];
  #isComplete = false;
  #wantedAt = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(segmentId: SegmentId): Entry | undefined {
    return this.#entries.get(segmentId);
  }

  /** True while the playlist lists this very entry. */
  lists(entry: Entry): boolean {
    return this.#entries.get(entry.segment.segmentId) === entry;
  }

  apply(
    change: { readonly added: readonly Arrival[]; readonly gone: readonly SegmentId[] },
    isComplete: boolean,
  ): void {
    for (const segmentId of change.gone) this.#entries.delete(segmentId);
    for (const { segment, previousId } of change.added) {
      const entry: Entry = { segment, previousId, phase: "waiting", wanted: 0, failures: 0, notBeforeMs: 0 };
      this.#entries.set(segment.segmentId, entry);
    }
    this.#isComplete = isComplete;
    this.#order = [...this.#entries.values()].sort((a, b) => a.segment.sequence - b.segment.sequence);
  }

  /** A viewer announced a segment. @returns false where the playlist does not list it */
  want(segmentId: SegmentId): boolean {
    const entry = this.#entries.get(segmentId);
    if (!entry) return false;
    const at = this.#order.indexOf(entry);
    const ahead = this.#isComplete ? LIMITS.lookAhead : 0;
    this.#wantedAt += ahead + 1;
    for (const [distance, near] of this.#order.slice(at, at + ahead + 1).entries()) {
      near.wanted = this.#wantedAt - distance;
      if (near.phase === "given-up") near.phase = "waiting";
    }
    this.#forgetOldest();
    return true;
  }

  /** The next to read: what was announced last, else the newest of a live playlist. */
  next(nowMs: number): Entry | null {
    const unasked = this.#isComplete ? [] : this.#order.slice(-LIMITS.liveWindow);
    let best: Entry | null = null;
    for (const entry of this.#isComplete ? this.#order : unasked.concat(this.#wantedOutside(unasked))) {
      if (entry.phase !== "waiting" || entry.notBeforeMs > nowMs) continue;
      if (this.#isComplete && entry.wanted === 0) continue;
      if (!best || entry.wanted > best.wanted || (entry.wanted === best.wanted && isNewer(entry, best))) best = entry;
    }
    return best;
  }

  /** Notes a failed read: it is tried again later, some times. */
  failed(entry: Entry, nowMs: number): void {
    entry.failures++;
    entry.phase = entry.failures >= LIMITS.maxFailures ? "given-up" : "waiting";
    entry.notBeforeMs = nowMs + Math.min(LIMITS.maxRetryMs, LIMITS.firstRetryMs * 2 ** (entry.failures - 1));
  }

  /** When the next failed read may be tried again, milliseconds since 1970; `null` where none waits. */
  retryAtMs(): number | null {
    let soonest: number | null = null;
    for (const { phase, failures, notBeforeMs } of this.#order) {
      if (phase === "waiting" && failures > 0) soonest = Math.min(soonest ?? notBeforeMs, notBeforeMs);
    }
    return soonest;
  }

  #wantedOutside(window: readonly Entry[]): readonly Entry[] {
    const older = this.#order.length - window.length;
    return older > 0 ? this.#order.slice(0, older).filter((entry) => entry.wanted > 0) : [];
  }

  #forgetOldest(): void {
    const waiting = this.#order.filter((entry) => entry.wanted > 0 && entry.phase === "waiting");
    if (waiting.length <= LIMITS.maxWanted) return;
    waiting.sort((a, b) => a.wanted - b.wanted);
    for (const entry of waiting.slice(0, waiting.length - LIMITS.maxWanted)) entry.wanted = 0;
  }
}

const isNewer = (a: Entry, b: Entry): boolean => a.segment.sequence > b.segment.sequence;
