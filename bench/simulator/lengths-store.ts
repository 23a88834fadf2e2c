import type { SegmentId } from "@shoal/protocol";
import type { SegmentStore } from "../../packages/core/src/mesh/segment-store.ts";
import { bytesMarked, FROM_CDN, hopsOf, isTrue, joined, type Mark } from "./marks.ts";
import { zeros } from "./zeros.ts";

interface Held {
  /** Length of each piece; 0 while there is nothing. */
  readonly lengths: number[];
  /** Through whom each came. */
  readonly marks: Mark[];
  bytes: number;
}

/** What was handed to players out of stores. */
export class PlayedBytes {
  /** Bytes that a liar made up. */
  wrong = 0;
  /** Bytes by the number of viewers they passed through. */
  readonly byHops: number[] = [];
}

/** A {@link SegmentStore} that holds lengths. It remembers which pieces a liar sent, and how far each travelled. */
export class LengthsStore implements SegmentStore {
  readonly #played: PlayedBytes;
  readonly #segments = new Map<SegmentId, Held>();
  #bytes = 0;

  constructor(played: PlayedBytes) {
    this.#played = played;
  }

  get bytes(): number {
    return this.#bytes;
  }

  bytesOf(id: SegmentId): number {
    return this.#segments.get(id)?.bytes ?? 0;
  }

  append(id: SegmentId, piece: number, bytes: Uint8Array): void {
    const held = this.#segments.get(id);
    const before = held?.lengths[piece] ?? 0;
    const mark = bytes[0] ?? FROM_CDN;
    this.#set(id, piece, before + bytes.length, before === 0 ? mark : joined(mark, held?.marks[piece] ?? mark));
  }

  putWhole(id: SegmentId, bytes: ArrayBuffer, pieceShift: number): void {
    this.drop(id);
    const size = 2 ** pieceShift;
    for (let offset = 0; offset < bytes.byteLength; offset += size) {
      this.#set(id, offset / size, Math.min(size, bytes.byteLength - offset), FROM_CDN);
    }
  }

  putPiece(id: SegmentId, piece: number, bytes: Uint8Array): void {
    this.#set(id, piece, bytes.length, bytes[0] ?? FROM_CDN);
  }

  read(id: SegmentId, piece: number): Uint8Array<ArrayBuffer> | null {
    const held = this.#segments.get(id);
    const length = held?.lengths[piece] ?? 0;
    return length === 0 ? null : bytesMarked(held?.marks[piece] ?? FROM_CDN, length);
  }

  /** Only ever called for the player: so it is counted what is played. */
  assemble(id: SegmentId, pieces: number): ArrayBuffer | null {
    const held = this.#segments.get(id);
    if (!held) return null;
    let length = 0;
    for (let piece = 0; piece < pieces; piece++) {
      const bytes = held.lengths[piece] ?? 0;
      if (bytes === 0) return null;
      length += bytes;
    }
    for (let piece = 0; piece < pieces; piece++) this.#count(held.lengths[piece] ?? 0, held.marks[piece] ?? FROM_CDN);
    return zeros(length);
  }

  dropPiece(id: SegmentId, piece: number): void {
    if (this.#segments.has(id)) this.#set(id, piece, 0, FROM_CDN);
  }

  drop(id: SegmentId): void {
    this.#bytes -= this.bytesOf(id);
    this.#segments.delete(id);
  }

  clear(): void {
    this.#segments.clear();
    this.#bytes = 0;
  }

  #count(bytes: number, mark: Mark): void {
    const { byHops } = this.#played;
    const hops = hopsOf(mark);
    while (byHops.length <= hops) byHops.push(0);
    byHops[hops] = (byHops[hops] ?? 0) + bytes;
    if (!isTrue(mark)) this.#played.wrong += bytes;
  }

  #set(id: SegmentId, piece: number, length: number, mark: Mark): void {
    let held = this.#segments.get(id);
    if (!held) {
      held = { lengths: [], marks: [], bytes: 0 };
      this.#segments.set(id, held);
    }
    const change = length - (held.lengths[piece] ?? 0);
    while (held.lengths.length <= piece) {
      held.lengths.push(0);
      held.marks.push(FROM_CDN);
    }
    held.lengths[piece] = length;
    held.marks[piece] = mark;
    held.bytes += change;
    this.#bytes += change;
  }
}
