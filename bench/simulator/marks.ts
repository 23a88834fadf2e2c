/**
 * What stands in for the content of a payload: one byte, repeated. It says through how many viewers the bytes passed, and
 * whether a liar was among them. So frames, store and hash go through the engine as they are, and nothing is made up
 * beside it.
 */
export type Mark = number;

/** Straight from the CDN. */
export const FROM_CDN: Mark = 0;

const FALSE_BIT = 0x80;
const MOST_HOPS = 0x7f;

export const isTrue = (mark: Mark): boolean => (mark & FALSE_BIT) === 0;
export const hopsOf = (mark: Mark): number => mark & MOST_HOPS;

/** The mark of bytes that a viewer received from one who had them under `mark`. */
export function passedOn(mark: Mark, byLiar: boolean): Mark {
  return Math.min(MOST_HOPS, hopsOf(mark) + 1) | (byLiar ? FALSE_BIT : mark & FALSE_BIT);
}

/** The mark of a piece made of parts: false if one of them is, and as far travelled as the farthest. */
export function joined(a: Mark, b: Mark): Mark {
  return Math.max(hopsOf(a), hopsOf(b)) | ((a | b) & FALSE_BIT);
}

const marked = new Map<Mark, Uint8Array<ArrayBuffer>>();

/** A view of so many bytes under a mark; not to be changed. */
export function bytesMarked(mark: Mark, byteLength: number): Uint8Array<ArrayBuffer> {
  let bytes = marked.get(mark);
  if (!bytes || bytes.length < byteLength) {
    bytes = new Uint8Array(Math.max(2 ** 18, byteLength)).fill(mark);
    marked.set(mark, bytes);
  }
  return bytes.subarray(0, byteLength);
}
