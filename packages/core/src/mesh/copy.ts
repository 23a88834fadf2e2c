import {
  editionOf,
  type HaveFrame,
  MAX_PIECES,
  type PeerId,
  type PieceRange,
  pieceCount,
  pieceExtent,
  type Seal,
  type SegmentId,
  type SegmentNews,
  type TrackId,
  toRanges,
} from "@shoal/protocol";
import type { Segment } from "../player.ts";
import { PieceSet } from "./piece-set.ts";

/**
 * Where one piece of our copy stands. `quarantined`: complete, but no seal confirms it yet. `checking`: its hash is being
 * compared. `coming`: a range request for it is under way. `own`: from the CDN by ourselves, not sealed yet. `held`: the
 * seal confirms it.
 */
export type PieceState = "missing" | "asked" | "coming" | "quarantined" | "checking" | "own" | "held";

export interface Piece {
  state: PieceState;
  /** Who was asked for it, or sent it; null where it came from the CDN. */
  peerId: PeerId | null;
  /** When it was asked for or last grew, on the session's clock. */
  sinceMs: number;
  receivedBytes: number;
  /** Edition under which it was sent. */
  edition: number;
}

const NONE = { missing: 0, asked: 0, coming: 0, quarantined: 0, checking: 0, own: 0, held: 0 };

/** This viewer's copy of one segment, in whatever state: ids, sizes and ranges, never bytes. */
export class Copy {
  readonly id: SegmentId;
  readonly trackId: TrackId;
  /** Null while we know it from a neighbour only. */
  segment: Segment | null;
  news: SegmentNews;
  #seal: Seal | null = null;
  /** 0 while no seal names it. */
  edition = 0;
  readonly knownSinceMs: number;
  pieces: Piece[] = [];
  /** How many pieces are in each state: most questions need no look at the pieces. */
  readonly #counts: Record<PieceState, number> = { ...NONE };
  /** When a CDN request for all of it began; null while there is none. */
  cdnSinceMs: number | null = null;
  /** When that request last brought something. */
  cdnProgressMs = 0;
  cdnBytes = 0;
  peerBytes = 0;
  /** When a neighbour was first heard to hold some of it, on the session's clock; null before. */
  heardMs: number | null = null;
  /** The player was asked to read its playlist for it. */
  sought = false;
  /** How often in a row the CDN answered with an error for it. */
  cdnFailures = 0;
  /** Before this the CDN is not asked again, on the session's clock. */
  cdnRetryMs = 0;
  /** When a neighbour last took back that it was getting some of it, on the session's clock. */
  brokenMs = Number.NEGATIVE_INFINITY;
  rescued = false;
  delivered = false;
  /** All of it came in one answer of the CDN. */
  isWhole = false;
  /** Contradicted by its seal: for the player only. */
  unshareable = false;
  readonly #reopened: () => void;

  /** @param reopened it was complete, and is so no more */
  constructor(
    id: SegmentId,
    news: SegmentNews,
    segment: Segment | null,
    nowMs: number,
    reopened: () => void = () => {},
  ) {
    this.id = id;
    this.#reopened = reopened;
    this.trackId = news.trackId;
    this.segment = segment;
    this.news = news;
    this.knownSinceMs = nowMs;
    if (news.byteLength > 0) this.#layOut();
  }

  get cdnFailed(): boolean {
    return this.cdnFailures > 0;
  }

  get byteLength(): number {
    return this.news.byteLength;
  }

  get seal(): Seal | null {
    return this.#seal;
  }

  set seal(seal: Seal | null) {
    this.#seal = seal;
    this.edition = seal ? editionOf(seal) : 0;
  }

  /** For how long a neighbour is believed to be getting some of it. */
  get patienceMs(): number {
    return this.brokenMs < this.knownSinceMs ? COMING_MS : COMING_AGAIN_MS;
  }

  /** Bytes that are here, parts of pieces included, whoever sent them. */
  get hereBytes(): number {
    return this.pieces.reduce((sum, { state, receivedBytes }, index) => {
      const isWhole = state === "own" || state === "held" || state === "checking";
      return sum + (isWhole ? this.extent(index).length : receivedBytes);
    }, 0);
  }

  /** More than half of it is here. */
  get isMostHere(): boolean {
    return this.hereBytes > this.byteLength / 2;
  }

  /** True if every piece may be handed to the player. */
  get complete(): boolean {
    return this.pieces.length > 0 && this.#counts.held + this.#counts.own === this.pieces.length;
  }

  /** True if every piece is confirmed by the seal. */
  get sealed(): boolean {
    return this.pieces.length > 0 && this.#counts.held === this.pieces.length;
  }

  /** Says how long the segment is. Everything received under another length is forgotten. */
  setLength(byteLength: number, pieceShift: number): void {
    if (this.news.byteLength === byteLength && this.news.pieceShift === pieceShift && this.pieces.length > 0) return;
    this.news = { ...this.news, byteLength, pieceShift };
    this.#layOut();
  }

  /** Forgets every piece. */
  reset(): void {
    this.#layOut();
  }

  extent(piece: number): { offset: number; length: number } {
    return pieceExtent(piece, this.news.byteLength, this.news.pieceShift);
  }

  /** How many pieces are in one of some states. */
  count(...states: readonly PieceState[]): number {
    let count = 0;
    for (const state of states) count += this.#counts[state];
    return count;
  }

  /** Indices of the pieces in one of some states. */
  in(...states: readonly PieceState[]): number[] {
    const found: number[] = [];
    const count = this.count(...states);
    for (let index = 0; found.length < count; index++) {
      const piece = this.pieces[index];
      if (!piece) break;
      if (states.includes(piece.state)) found.push(index);
    }
    return found;
  }

  /** True if some of these pieces are missing, or nobody knows yet how many there are. */
  lacks(ranges: readonly PieceRange[]): boolean {
    if (this.pieces.length === 0) return true;
    for (const { first, count } of ranges) {
      const end = Math.min(first + count, this.pieces.length);
      for (let index = first; index < end; index++) if (this.pieces[index]?.state === "missing") return true;
    }
    return false;
  }

  /** Runs of pieces that may be sent to others. */
  shareable(): PieceRange[] {
    return this.unshareable ? [] : toRanges(this.in("held", "own"));
  }

  /** Runs of pieces that the seal confirms. */
  held(): PieceRange[] {
    return toRanges(this.in("held"));
  }

  set(piece: number, state: PieceState, nowMs: number, peerId: PeerId | null = null): void {
    const known = this.pieces[piece];
    if (!known) return;
    const wasComplete = this.complete;
    this.#counts[known.state]--;
    this.#counts[state]++;
    if (wasComplete && !this.complete) this.#reopened();
    known.state = state;
    known.sinceMs = nowMs;
    known.peerId = peerId;
    if (state === "missing" || state === "asked" || state === "coming") known.receivedBytes = 0;
  }

  #layOut(): void {
    this.isWhole = false;
    if (this.complete) this.#reopened();
    const count = Math.min(MAX_PIECES, pieceCount(this.news.byteLength, this.news.pieceShift));
    Object.assign(this.#counts, NONE, { missing: count });
    this.pieces = Array.from({ length: count }, () => ({
      state: "missing",
      peerId: null,
      sinceMs: 0,
      receivedBytes: 0,
      edition: 0,
    }));
  }
}

/** A neighbour that said "coming" and has nothing to show after this long is not waited for; sooner where another's word came to nothing. */
const COMING_MS = 3_000;
const COMING_AGAIN_MS = 1_000;

/** What a neighbour said of one segment. */
export class Announcement {
  edition = 0;
  news: SegmentNews | null = null;
  complete = false;
  readonly held = new PieceSet();
  /** Pieces on their way from the CDN to it, as it was said last; null where there are none. */
  #coming: PieceSet | null = null;
  /** All of it is on its way, whatever its length. */
  #allComing = false;
  /** When it was last said to be on its way from the CDN, on the session's clock; null if it is not. */
  comingSinceMs: number | null = null;

  /**
   * Adds what a HAVE frame says.
   * @returns true if it takes something back that was said to be on its way
   */
  add(said: Pick<HaveFrame, "edition" | "news" | "complete" | "held" | "coming">, nowMs: number): boolean {
    const before = this.#coming;
    const coming = new PieceSet();
    coming.add(said.coming);
    if (said.edition !== this.edition) this.held.clear();
    this.edition = said.edition;
    this.news = said.news ?? this.news;
    this.complete = said.complete;
    this.#coming = coming.isEmpty ? null : coming;
    this.#allComing = !coming.isEmpty && (said.news?.byteLength ?? 0) === 0;
    if (coming.isEmpty) this.comingSinceMs = null;
    else if (!before?.hasAll(said.coming)) this.comingSinceMs = nowMs;
    if (said.complete) this.held.clear();
    else this.held.add(said.held);
    return before !== null && !before.every((piece) => this.has(piece) || coming.has(piece));
  }

  has(piece: number): boolean {
    return this.complete || this.held.has(piece);
  }

  /** It holds the piece, or was lately said to be getting it. @param sinceMs who said so before is not believed any more */
  promises(piece: number, sinceMs: number): boolean {
    return this.has(piece) || (this.isComing(sinceMs) && (this.#allComing || this.#coming?.has(piece) === true));
  }

  /** Some of it was said to be on its way. @param sinceMs who said so before is not believed any more */
  isComing(sinceMs: number): boolean {
    return this.comingSinceMs !== null && this.comingSinceMs > sinceMs;
  }

  get hasAny(): boolean {
    return this.complete || !this.held.isEmpty;
  }
}
