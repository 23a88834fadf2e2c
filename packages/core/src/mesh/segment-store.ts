import type { SegmentId } from "@shoal/protocol";

/** Where the bytes are. Everything else handles ids, sizes and ranges; a simulator replaces this by lengths. */
export interface SegmentStore {
  /** Bytes held of all segments. */
  readonly bytes: number;
  /** Bytes held of one segment. */
  bytesOf(id: SegmentId): number;
  /** Appends to a piece that is being received; a copy is kept. */
  append(id: SegmentId, piece: number, bytes: Uint8Array): void;
  /** Keeps a whole segment, cut into pieces without copying it. */
  putWhole(id: SegmentId, bytes: ArrayBuffer, pieceShift: number): void;
  /** Keeps one piece of a larger answer; a copy is kept. */
  putPiece(id: SegmentId, piece: number, bytes: Uint8Array): void;
  /** A view on a piece; not to be changed. */
  read(id: SegmentId, piece: number): Uint8Array<ArrayBuffer> | null;
  /** A copy of the whole segment; null if a piece is missing. */
  assemble(id: SegmentId, pieces: number): ArrayBuffer | null;
  dropPiece(id: SegmentId, piece: number): void;
  drop(id: SegmentId): void;
  clear(): void;
}

interface Held {
  readonly pieces: (Uint8Array<ArrayBuffer> | undefined)[];
  bytes: number;
}

/** {@link SegmentStore} in memory. */
export class MemoryStore implements SegmentStore {
  readonly #segments = new Map<SegmentId, Held>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  bytesOf(id: SegmentId): number {
    return this.#segments.get(id)?.bytes ?? 0;
  }

  append(id: SegmentId, piece: number, bytes: Uint8Array): void {
    const before = this.read(id, piece);
    if (!before) return this.putPiece(id, piece, bytes);
    const joined = new Uint8Array(before.length + bytes.length);
    joined.set(before);
    joined.set(bytes, before.length);
    this.#set(id, piece, joined);
  }

  putWhole(id: SegmentId, bytes: ArrayBuffer, pieceShift: number): void {
    this.drop(id);
    const size = 2 ** pieceShift;
    for (let offset = 0; offset < bytes.byteLength; offset += size) {
      this.#set(id, offset / size, new Uint8Array(bytes, offset, Math.min(size, bytes.byteLength - offset)));
    }
  }

  putPiece(id: SegmentId, piece: number, bytes: Uint8Array): void {
    this.#set(id, piece, new Uint8Array(bytes));
  }

  read(id: SegmentId, piece: number): Uint8Array<ArrayBuffer> | null {
    return this.#segments.get(id)?.pieces[piece] ?? null;
  }

  assemble(id: SegmentId, pieces: number): ArrayBuffer | null {
    const held = this.#segments.get(id);
    if (!held) return null;
    const whole = new Uint8Array(held.bytes);
    let at = 0;
    for (let piece = 0; piece < pieces; piece++) {
      const bytes = held.pieces[piece];
      if (!bytes) return null;
      whole.set(bytes, at);
      at += bytes.length;
    }
    return at === held.bytes ? whole.buffer : whole.buffer.slice(0, at);
  }

  dropPiece(id: SegmentId, piece: number): void {
    this.#set(id, piece, undefined);
  }

  drop(id: SegmentId): void {
    this.#bytes -= this.bytesOf(id);
    this.#segments.delete(id);
  }

  clear(): void {
    this.#segments.clear();
    this.#bytes = 0;
  }

  #set(id: SegmentId, piece: number, bytes: Uint8Array<ArrayBuffer> | undefined): void {
    let held = this.#segments.get(id);
    if (!held) {
      if (!bytes) return;
      held = { pieces: [], bytes: 0 };
      this.#segments.set(id, held);
    }
    const change = (bytes?.length ?? 0) - (held.pieces[piece]?.length ?? 0);
    held.pieces[piece] = bytes;
    held.bytes += change;
    this.#bytes += change;
  }
}
