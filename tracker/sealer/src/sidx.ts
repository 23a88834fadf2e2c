import type { ByteRange } from "@shoal/protocol";

/** A segment as a file's index lists it. */
export interface IndexedSegment {
  readonly range: ByteRange;
  readonly startMs: number;
  readonly durationMs: number;
}

/**
 * Reads a segment index box, ISO/IEC 14496-12, 8.16.3.
 *
 * @param bytes of the index range, which may hold other boxes before
 * @param firstByte where they lie in the file
 * @returns null for anything else, and for an index of indices
 */
export function readSidx(bytes: Uint8Array, firstByte: number): readonly IndexedSegment[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    let at = 0;
    while (view.getUint32(at + 4) !== SIDX) at += Math.max(8, view.getUint32(at));
    const end = at + view.getUint32(at);
    const isLong = view.getUint8(at + 8) > 0;
    const timescale = view.getUint32(at + 16);
    const big = (offset: number): number => Number(view.getBigUint64(offset));
    let start = isLong ? big(at + 20) : view.getUint32(at + 20);
    let first = firstByte + end + (isLong ? big(at + 28) : view.getUint32(at + 24));
    at += isLong ? 36 : 28;
    const count = view.getUint16(at + 2);
    const segments: IndexedSegment[] = [];
    for (at += 4; segments.length < count; at += 12) {
      const reference = view.getUint32(at);
      const duration = view.getUint32(at + 4);
      if (reference >= 2 ** 31 || reference === 0 || timescale === 0) return null;
      segments.push({
        range: { first, last: first + reference - 1 },
        startMs: (start * 1_000) / timescale,
        durationMs: (duration * 1_000) / timescale,
      });
      first += reference;
      start += duration;
    }
    return segments;
  } catch {
    return null;
  }
}

const SIDX = 0x73_69_64_78;
