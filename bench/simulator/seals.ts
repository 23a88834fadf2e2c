import { HASH_BYTES, type Seal, type SealKey, type SegmentId, SIGNATURE_BYTES, type TrackId } from "@shoal/protocol";
import type { Integrity } from "../../packages/core/src/mesh/integrity.ts";
import { FROM_CDN, isTrue } from "./marks.ts";
import { type PieceKib, piecesOf } from "./piece-size.ts";

/** The key of every seal here. */
export const SEAL_KEY: SealKey = { keyId: "00000000000005ea", point: "simulated" };

const TRUE_HASH = new Uint8Array(HASH_BYTES).fill(1);
const FALSE_HASH = new Uint8Array(HASH_BYTES).fill(2);

/** Answers at once: every seal is the sealer's own, and a piece is what its mark says. */
export const simulatedIntegrity: Integrity = {
  verify: () => Promise.resolve(true),
  sha256: (bytes) => Promise.resolve(isTrue(bytes[0] ?? FROM_CDN) ? TRUE_HASH : FALSE_HASH),
};

/** The seal of a segment. */
export function sealOf(
  segment: { readonly id: SegmentId; readonly trackId: TrackId; readonly previousId: SegmentId },
  byteLength: number,
  sealedAtMs: number,
  pieceKib: PieceKib,
): Seal {
  const { pieceShift, pieces } = piecesOf(byteLength, pieceKib);
  const hashes = new Uint8Array(pieces * HASH_BYTES).fill(1);
  const signature = new Uint8Array(SIGNATURE_BYTES);
  for (let at = 0; at < 8; at++) signature[at] = Number.parseInt(segment.id.slice(2 * at, 2 * at + 2), 16);
  const { id: segmentId, trackId, previousId } = segment;
  return {
    trackId,
    segmentId,
    previousId,
    sealedAtMs,
    byteLength,
    pieceShift,
    hashes,
    keyId: SEAL_KEY.keyId,
    signature,
  };
}
