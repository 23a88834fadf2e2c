import { pieceCount } from "@shoal/protocol";

/** Piece sizes that a run may ask for, KiB. */
export const PIECE_KIB = [64, 128, 256] as const;
export type PieceKib = (typeof PIECE_KIB)[number];

/** How a segment is cut: the sealer's word, which the engine follows. */
export function piecesOf(
  byteLength: number,
  pieceKib: PieceKib,
): { readonly pieceShift: number; readonly pieces: number } {
  const pieceShift = Math.log2(pieceKib * 1024);
  return { pieceShift, pieces: pieceCount(byteLength, pieceShift) };
}
