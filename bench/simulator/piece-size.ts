import { pieceCount, pieceShiftFor } from "@shoal/protocol";

/** Piece sizes that a run may ask for, KiB. */
export const PIECE_KIB = [64, 128, 256] as const;
/** The one that the engine cuts by itself. */
export const ENGINE_PIECE_KIB = 64;

/**
 * How a segment is cut. The one place where another piece size would be passed on to the engine: as long as that has no
 * option for it, every run has the engine's own, and the command line refuses any other.
 */
export function piecesOf(byteLength: number): { readonly pieceShift: number; readonly pieces: number } {
  const pieceShift = pieceShiftFor(byteLength);
  return { pieceShift, pieces: pieceCount(byteLength, pieceShift) };
}
