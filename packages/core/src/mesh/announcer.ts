import {
  encodeFrame,
  fromRanges,
  type HaveFrame,
  NO_SEGMENT,
  type PieceRange,
  type SegmentId,
  toRanges,
} from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { Copy } from "./copy.ts";
import type { Neighbour } from "./neighbour.ts";
import { PieceSet } from "./piece-set.ts";

/** Copies told to a new neighbour. */
const GREETED_COPIES = 64;
/** Up to so many copies their seals go with the greeting; the others' are asked for. */
const GREETED_SEALS = 12;
/** Pieces that come in within this time are announced together. */
const GATHER_MS = 30;

/** What was last said of a segment. */
interface Said {
  edition: number;
  complete: boolean;
  readonly held: PieceSet;
  coming: string;
}

/** Tells neighbours what we hold and fetch; only changes are said. */
export class Announcer {
  readonly #neighbours: () => readonly Neighbour[];
  readonly #uploads: () => boolean;
  readonly #clock: Clock;
  readonly #said = new Map<SegmentId, Said>();
  readonly #changed = new Set<Copy>();
  #spokeMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | null = null;

  /** @param uploads false while nothing is sent to others: then nothing is announced */
  constructor(neighbours: () => readonly Neighbour[], uploads: () => boolean, clock: Clock) {
    this.#neighbours = neighbours;
    this.#uploads = uploads;
    this.#clock = clock;
  }

  /** Says what a new neighbour may ask for. */
  greet(neighbour: Neighbour, copies: Iterable<Copy>): void {
    if (!this.#uploads()) return;
    const told = [...copies].filter((copy) => copy.shareable().length > 0).slice(-GREETED_COPIES);
    for (const copy of told) {
      if (copy.seal && told.length <= GREETED_SEALS) neighbour.sendSeal(copy.seal);
      neighbour.send(haveOf(copy));
    }
  }

  /** Says what is held or coming of a copy, with its seal: at once, or with what else changes soon. */
  announce(copy: Copy): void {
    if (!this.#uploads() || copy.unshareable) return;
    this.#changed.add(copy);
    const waitMs = this.#spokeMs + GATHER_MS - this.#clock.now();
    if (waitMs <= 0) this.#speak();
    else this.#cancelTimer ??= this.#clock.after(waitMs, () => this.#speak());
  }

  /** Says that a CDN request for a copy began, or came to nothing. Others wait for it, or do not ask: said at once. */
  announceFetch(copy: Copy, fetching: boolean): void {
    if (!fetching && copy.shareable().length === 0 && !isComing(copy)) return this.withdraw(copy.id);
    if (this.#uploads() && !copy.unshareable) this.#say(copy);
  }

  /** Takes back what was said of a segment. */
  withdraw(id: SegmentId): void {
    if (!this.#said.delete(id)) return;
    for (const neighbour of this.#neighbours()) neighbour.send({ type: "drop", segmentIds: [id] });
  }

  close(): void {
    this.#cancelTimer?.();
    this.#changed.clear();
  }

  #speak(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#spokeMs = this.#clock.now();
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const copy of changed) if (!copy.unshareable) this.#say(copy);
  }

  #say(copy: Copy): void {
    const have = haveOf(copy);
    if (have.held.length === 0 && have.coming.length === 0) return;
    const change = this.#note(copy.id, have);
    if (!change) return;
    let bytes: Uint8Array<ArrayBuffer> | null = null;
    for (const neighbour of this.#neighbours()) {
      if (!have.complete && isNoNews(neighbour, copy.id, change)) continue;
      bytes ??= encodeFrame(have);
      if (copy.seal) neighbour.sendSeal(copy.seal);
      neighbour.link.send(bytes);
    }
  }

  /** Remembers what is said now. Null where it was said before. */
  #note(id: SegmentId, { edition, complete, held, coming }: HaveFrame): Change | null {
    const key = coming.map(({ first, count }) => `${first}+${count}`).join();
    const said = this.#said.get(id) ?? { edition, complete: false, held: new PieceSet(), coming: "" };
    this.#said.set(id, said);
    if (said.edition !== edition) said.held.clear();
    const fresh = toRanges(fromRanges(held).filter((piece) => !said.held.has(piece)));
    const more = said.edition !== edition || said.coming !== key;
    if (!more && fresh.length === 0 && said.complete === complete) return null;
    said.held.add(held);
    Object.assign(said, { edition, complete, coming: key });
    return { fresh, more };
  }
}

/** What is new in an announcement: pieces held, or more than that. */
interface Change {
  readonly fresh: readonly PieceRange[];
  readonly more: boolean;
}

/** Whoever has all of a segment, or the pieces in question, needs to hear only of the end: that we have all, too. */
function isNoNews(neighbour: Neighbour, id: SegmentId, { fresh, more }: Change): boolean {
  const theirs = neighbour.announced(id);
  if (!theirs) return false;
  return theirs.complete || (!more && theirs.held.hasAll(fresh));
}

function isComing(copy: Copy): boolean {
  return copy.cdnSinceMs !== null || comingFromCdn(copy).length > 0;
}

/** Until they are compared with the seal they are as good as on their way: nobody is told that they will not come. */
function comingFromCdn(copy: Copy): number[] {
  return copy.in("coming", "checking").filter((piece) => copy.pieces[piece]?.peerId === null);
}

function haveOf(copy: Copy): HaveFrame {
  const held = copy.seal ? copy.held() : copy.shareable();
  const whole = copy.cdnSinceMs !== null;
  return {
    type: "have",
    segmentId: copy.id,
    edition: copy.edition,
    news: { ...copy.news, previousId: copy.segment?.previousId ?? copy.news.previousId ?? NO_SEGMENT },
    complete: copy.seal ? copy.sealed : copy.complete,
    held,
    coming: whole ? [{ first: 0, count: Math.max(1, copy.pieces.length) }] : toRanges(comingFromCdn(copy)),
  };
}
