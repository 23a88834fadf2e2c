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
