/** A run of pieces: `count` of them from index `first`. */
export interface PieceRange {
  readonly first: number;
  readonly count: number;
}

/** log2 of the ordinary piece size, 64 KiB. */
export const PIECE_SHIFT = 16;
/** A segment has at most this many pieces; longer ones have larger pieces. */
export const MAX_PIECES = 256;
/** Largest piece the wire allows: 2^24 bytes. */
export const MAX_PIECE_SHIFT = 24;
/** Largest segment the wire allows: what {@link MAX_PIECES} of the largest pieces hold, within 32 bits. */
export const MAX_SEGMENT_BYTES = 0xffff_ffff;

/** log2 of the piece size of a segment: 64 KiB, doubled until there are at most {@link MAX_PIECES} pieces. */
export function pieceShiftFor(byteLength: number): number {
  let shift = PIECE_SHIFT;
  while (byteLength > MAX_PIECES * 2 ** shift) shift++;
  return shift;
}

/** Number of pieces of a segment. */
export function pieceCount(byteLength: number, pieceShift: number): number {
  return Math.ceil(byteLength / 2 ** pieceShift);
}

/** First byte and length of a piece inside its segment. */
export function pieceExtent(piece: number, byteLength: number, pieceShift: number): { offset: number; length: number } {
  const offset = piece * 2 ** pieceShift;
  return { offset, length: Math.max(0, Math.min(2 ** pieceShift, byteLength - offset)) };
}

/** Runs of consecutive indices, from indices in ascending order. */
export function toRanges(pieces: Iterable<number>): PieceRange[] {
  const ranges: { first: number; count: number }[] = [];
  for (const piece of pieces) {
    const last = ranges[ranges.length - 1];
    if (last && last.first + last.count === piece) last.count++;
    else ranges.push({ first: piece, count: 1 });
  }
  return ranges;
}

/** The indices of runs, cut at `limit` so that a peer's claim cannot cost memory. */
export function fromRanges(ranges: readonly PieceRange[], limit: number = MAX_PIECES): number[] {
  const pieces: number[] = [];
  for (const { first, count } of ranges) {
    const end = Math.min(first + count, limit);
    for (let piece = first; piece < end; piece++) pieces.push(piece);
  }
  return pieces;
}
