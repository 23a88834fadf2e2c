/**
 * Bytes that say only how many they are. All of one length are one buffer, and a copy of it is itself, so that the engine
 * may copy as it does in a browser at no cost. Whatever is played or hashed is a view on such a buffer.
 */
class Zeros extends ArrayBuffer {
  override slice(begin: number = 0, end: number = this.byteLength): ArrayBuffer {
    return begin === 0 && end === this.byteLength ? this : zeros(Math.max(0, end - begin));
  }
}

const made = new Map<number, ArrayBuffer>();

/** @param byteLength at least 0 */
export function zeros(byteLength: number): ArrayBuffer {
  const known = made.get(byteLength);
  if (known) return known;
  const fresh = new Zeros(byteLength);
  made.set(byteLength, fresh);
  return fresh;
}

/** First byte of every true payload. */
export const TRUE_BYTE = 0;
/** First byte of every payload that a liar sent. */
export const FALSE_BYTE = 0xff;

const falseBytes = new Uint8Array(2 ** 24).fill(FALSE_BYTE, 0, 1);

/** A view of so many bytes, true or false ones. */
export function view(byteLength: number, isTrue: boolean): Uint8Array<ArrayBuffer> {
  return isTrue ? new Uint8Array(zeros(byteLength)) : falseBytes.subarray(0, byteLength);
}
