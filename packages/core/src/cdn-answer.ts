import type { ByteRange } from "@shoal/protocol";
import type { CdnAnswer } from "./player.ts";

/** What was asked of the CDN. */
export interface Asked {
  /** Where the segment is part of a larger resource; null where it is all of it. */
  readonly segmentRange: ByteRange | null;
  /** Bytes within the segment; null for all of it. */
  readonly part: ByteRange | null;
}

/**
 * Reads what came: the segment, a part of it, or the whole resource where the server does not take ranges.
 *
 * @param status HTTP status; 0 where the loader does not tell
 * @returns null where nobody can tell which bytes these are
 */
export function answerOf(bytes: ArrayBuffer, status: number, { segmentRange, part }: Asked): CdnAnswer | null {
  const segmentLength = segmentRange && lengthOf(segmentRange);
  const askedLength = part ? lengthOf(part) : segmentLength;
  if (askedLength === null) return wholeSegment(bytes);
  if (status === 206 || (bytes.byteLength === askedLength && (segmentRange !== null || status !== 200))) {
    const offset = part?.first ?? 0;
    return { bytes, offset, totalBytes: segmentLength, whole: bytes.byteLength === segmentLength };
  }
  if (!segmentRange) return status === 200 || part?.first === 0 ? wholeSegment(bytes) : null;
  if (bytes.byteLength <= segmentRange.first) return null;
  const own = bytes.slice(segmentRange.first, segmentRange.last + 1);
  return { bytes: own, offset: 0, totalBytes: segmentLength, whole: own.byteLength === segmentLength };
}

/** An answer that the player gets as it came, and of which nothing is kept. */
export function unplaced(bytes: ArrayBuffer): CdnAnswer {
  return { bytes, offset: Number.POSITIVE_INFINITY, totalBytes: null, whole: false };
}

function wholeSegment(bytes: ArrayBuffer): CdnAnswer {
  return { bytes, offset: 0, totalBytes: bytes.byteLength, whole: bytes.byteLength > 0 };
}

function lengthOf({ first, last }: ByteRange): number {
  return last - first + 1;
}
