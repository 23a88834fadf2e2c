import type { Mark } from "./marks.ts";

/** A frame that left for another shard, as it is to arrive there. */
export interface FarFrame {
  /** When its last bit left, and when it reaches the receiver's line, milliseconds. */
  readonly leftMs: number;
  readonly reachesMs: number;
  readonly header: Uint8Array<ArrayBuffer>;
  readonly length: number;
  readonly mark: Mark;
  readonly bulk: boolean;
  /** The next one is handed over with it. */
  readonly together: boolean;
}

const FIRST_BYTES = 2 ** 16;
/** end, two times, length, mark, flags, length of the header. */
const FIXED_BYTES = 4 + 8 + 8 + 4 + 1 + 1 + 2;
const BULK = 1;
const TOGETHER = 2;

/** Frames for another shard, packed: there are too many for one object each. */
export class FarFrames {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** @param end the receiving side's number in its shard */
  add(end: number, { leftMs, reachesMs, header, length, mark, bulk, together }: FarFrame): void {
    this.#reserve(FIXED_BYTES + header.length);
    const view = this.#view;
    let at = this.#at;
    view.setUint32(at, end);
    view.setFloat64(at + 4, leftMs);
    view.setFloat64(at + 12, reachesMs);
    view.setUint32(at + 20, length);
    view.setUint8(at + 24, mark);
    view.setUint8(at + 25, (bulk ? BULK : 0) | (together ? TOGETHER : 0));
    view.setUint16(at + 26, header.length);
    at += FIXED_BYTES;
    this.#bytes.set(header, at);
    this.#at = at + header.length;
  }

  /** What was added since it was last taken. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return taken;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const more = new Uint8Array(2 * this.#bytes.length + bytes);
    more.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = more;
    this.#view = new DataView(more.buffer);
  }
}

/** Reads what {@link FarFrames} packed, in order. */
export function readFarFrames(bytes: Uint8Array<ArrayBuffer>, each: (end: number, frame: FarFrame) => void): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at < bytes.length; ) {
    const flags = view.getUint8(at + 25);
    const headerFrom = at + FIXED_BYTES;
    const headerTo = headerFrom + view.getUint16(at + 26);
    each(view.getUint32(at), {
      leftMs: view.getFloat64(at + 4),
      reachesMs: view.getFloat64(at + 12),
      length: view.getUint32(at + 20),
      mark: view.getUint8(at + 24),
      bulk: (flags & BULK) !== 0,
      together: (flags & TOGETHER) !== 0,
      header: bytes.slice(headerFrom, headerTo),
    });
    at = headerTo;
  }
}
