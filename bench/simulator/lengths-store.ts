import type { SegmentId } from "@shoal/protocol";
import type { SegmentStore } from "../../packages/core/src/mesh/segment-store.ts";
import { TRUE_BYTE, view, zeros } from "./zeros.ts";

interface Held {
  /** Length of each piece; negative where a part of it is false; 0 while there is nothing. */
  readonly lengths: number[];
  bytes: number;
}

/** A {@link SegmentStore} that holds lengths. It remembers which pieces a liar sent. */
export class LengthsStore implements SegmentStore {
  readonly #segments = new Map<SegmentId, Held>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  bytesOf(id: SegmentId): number {
    return this.#segments.get(id)?.bytes ?? 0;
  }

  append(id: SegmentId, piece: number, bytes: Uint8Array): void {
    const before = this.#segments.get(id)?.lengths[piece] ?? 0;
    const isTrue = before >= 0 && bytes[0] === TRUE_BYTE;
    const length = Math.abs(before) + bytes.length;
    this.#set(id, piece, isTrue ? length : -length);
  }

  putWhole(id: SegmentId, bytes: ArrayBuffer, pieceShift: number): void {
    this.drop(id);
    const size = 2 ** pieceShift;
    for (let offset = 0; offset < bytes.byteLength; offset += size) {
      this.#set(id, offset / size, Math.min(size, bytes.byteLength - offset));
    }
  }

  putPiece(id: SegmentId, piece: number, bytes: Uint8Array): void {
    this.#set(id, piece, bytes.length);
  }

  read(id: SegmentId, piece: number): Uint8Array<ArrayBuffer> | null {
    const length = this.#segments.get(id)?.lengths[piece] ?? 0;
    return length === 0 ? null : view(Math.abs(length), length > 0);
  }

  assemble(id: SegmentId, pieces: number): ArrayBuffer | null {
    const held = this.#segments.get(id);
    if (!held) return null;
    let length = 0;
    for (let piece = 0; piece < pieces; piece++) {
      const bytes = held.lengths[piece] ?? 0;
      if (bytes === 0) return null;
      length += Math.abs(bytes);
    }
    return zeros(length);
  }

  dropPiece(id: SegmentId, piece: number): void {
    if (this.#segments.has(id)) this.#set(id, piece, 0);
  }

  drop(id: SegmentId): void {
    this.#bytes -= this.bytesOf(id);
    this.#segments.delete(id);
  }

  clear(): void {
    this.#segments.clear();
    this.#bytes = 0;
  }

  #set(id: SegmentId, piece: number, length: number): void {
    let held = this.#segments.get(id);
    if (!held) {
      held = { lengths: [], bytes: 0 };
      this.#segments.set(id, held);
    }
    const change = Math.abs(length) - Math.abs(held.lengths[piece] ?? 0);
    while (held.lengths.length < piece) held.lengths.push(0);
    held.lengths[piece] = length;
    held.bytes += change;
    this.#bytes += change;
  }
}
