import type { Clock } from "@shoal/core";
import { encodeSeal, type Seal, type SegmentId } from "@shoal/protocol";
import { Cdn } from "./cdn.ts";
import type { PieceKib } from "./piece-size.ts";
import type { Random } from "./random.ts";
import { sealOf } from "./seals.ts";
import type { LiveStream, Rendition } from "./stream.ts";

/** From a viewer's news to the sealer's look at the playlist, and the look itself. */
const NEWS_MS = 50;
/** Least time between two looks that viewers cause; doubles while they bring nothing. */
const NEWS_EVERY_MS = 250;
/** Hashing, signing and the way to the tracker. */
const SIGNING_MS = 30;
/** A segment is read in so many ranges at once. */
const RANGES = 4;
const FULL_SPEED = Number.POSITIVE_INFINITY;

/**
 * Follows the playlists as the real one does: a target duration after a look that brought something, half of one after
 * another, sooner on viewers' news. Reads each new segment of each rendition once from the CDN and seals it.
 */
export class Sealer {
  readonly #clock: Clock;
  readonly #stream: LiveStream;
  readonly #pieceKib: PieceKib;
  readonly #sealed: (seal: Seal) => void;
  readonly #seals = new Map<SegmentId, Seal>();
  readonly #waiting = new Map<SegmentId, ((seal: Seal) => void)[]>();
  #next: number;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #looksAtMs = Number.POSITIVE_INFINITY;
  #newsEveryMs = NEWS_EVERY_MS;
  #cancelLook: () => void = () => {};
  #up = true;
  /** Read from the CDN for sealing, in a column of its own. */
  readBytes = 0;

  constructor(
    clock: Clock,
    stream: LiveStream,
    random: Random,
    { pieceKib }: { readonly pieceKib: PieceKib },
    sealed: (seal: Seal) => void,
  ) {
    this.#clock = clock;
    this.#pieceKib = pieceKib;
    this.#stream = stream;
    this.#sealed = sealed;
    this.#next = Math.max(0, stream.newest - stream.windowSegments + 1);
    this.#lookAt(random.between(0, stream.segmentMs));
  }

  /** A viewer announced a segment. */
  news(id: SegmentId): void {
    if (this.#seals.has(id) || this.#stream.placeOf(id).number < this.#next) return;
    const atMs = Math.max(this.#clock.now() + NEWS_MS, this.#lookedMs + this.#newsEveryMs);
    if (atMs < this.#looksAtMs) this.#lookAt(atMs);
  }

  /** Nothing is sealed from now on, and nobody is answered. */
  stop(): void {
    this.#up = false;
  }

  /** It is back, and begins with what the playlists list. */
  resume(): void {
    this.#up = true;
    this.#next = Math.max(this.#next, this.#stream.newest - this.#stream.windowSegments + 1);
    this.#look();
  }

  /**
   * `GET /v1/seal`: answers with the seal's bytes once they are there, with null if that takes longer than the query's
   * `wait`, with undefined while it is away.
   */
  ask(url: string, answer: (seal: Uint8Array | null | undefined) => void): void {
    if (!this.#up) return answer(undefined);
    const query = new URL(url).searchParams;
    const id = query.get("segment") as SegmentId;
    const known = this.#seals.get(id);
    if (known) return answer(encodeSeal(known));
    let isAnswered = false;
    const answerOnce = (seal: Uint8Array | null): void => {
      if (!isAnswered) answer(seal);
      isAnswered = true;
    };
    this.news(id);
    this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), (seal) => answerOnce(encodeSeal(seal))]);
    this.#clock.after(Number(query.get("wait")), () => answerOnce(null));
  }

  #lookAt(atMs: number): void {
    this.#cancelLook();
    this.#looksAtMs = atMs;
    this.#cancelLook = this.#clock.after(atMs - this.#clock.now(), () => this.#look());
  }

  #look(): void {
    const nowMs = this.#clock.now();
    const { newest, renditions, segmentMs } = this.#stream;
    const isNew = this.#next <= newest;
    this.#lookedMs = nowMs;
    this.#newsEveryMs = isNew ? NEWS_EVERY_MS : Math.min(2 * this.#newsEveryMs, segmentMs / 2);
    this.#lookAt(nowMs + (isNew ? segmentMs : segmentMs / 2));
    for (; this.#next <= newest && this.#up; this.#next++) {
      for (const rendition of renditions) this.#read(this.#next, rendition);
    }
  }

  #read(number: number, { level, segmentBytes }: Rendition): void {
    const durationMs = Cdn.durationMs(segmentBytes / RANGES, FULL_SPEED) + SIGNING_MS;
    this.readBytes += segmentBytes;
    this.#clock.after(durationMs, () => {
      if (!this.#up) return;
      const seal = sealOf(this.#stream.segment(level, number), segmentBytes, this.#clock.wallMs(), this.#pieceKib);
      this.#seals.set(seal.segmentId, seal);
      this.#sealed(seal);
      for (const answer of this.#waiting.get(seal.segmentId) ?? []) answer(seal);
      this.#waiting.delete(seal.segmentId);
    });
  }
}
