import {
  HASH_BYTES,
  hash64,
  NO_SEGMENT,
  pieceCount,
  pieceExtent,
  pieceShiftFor,
  type Seal,
  type SealKey,
  type SegmentId,
  SIGNATURE_BYTES,
  type SwarmId,
  signedBytes,
  type TrackId,
  type UnsignedSeal,
  utf8,
} from "@shoal/protocol";
import type { Integrity } from "../mesh/integrity.ts";

/** Stands in for WebCrypto on a virtual clock: real hashing settles in real time. It protects nothing. */
export const testIntegrity: Integrity = {
  verify: async (seal, swarm, key) => sign(seal, swarm, key.point).every((byte, at) => byte === seal.signature[at]),
  sha256: async (bytes) => digest(bytes, HASH_BYTES),
};

/** Makes the seals that {@link testIntegrity} believes. */
export class TestSealer {
  readonly key: SealKey;

  /** @param secret two sealers of different secrets do not believe each other */
  constructor(secret: string = "secret") {
    const { high } = hash64(utf8(secret));
    this.key = { keyId: high.toString(16).padStart(16, "0"), point: secret };
  }

  /**
   * @param sealedAtMs server time, milliseconds since 1970
   * @param pieceShift log2 of the piece size
   */
  seal(
    swarm: SwarmId,
    segment: { readonly id: SegmentId; readonly trackId: TrackId; readonly previousId?: SegmentId },
    bytes: Uint8Array,
    sealedAtMs: number,
    pieceShift: number = pieceShiftFor(bytes.length),
  ): Seal {
    const count = pieceCount(bytes.length, pieceShift);
    const hashes = new Uint8Array(count * HASH_BYTES);
    for (let piece = 0; piece < count; piece++) {
      const { offset, length } = pieceExtent(piece, bytes.length, pieceShift);
      hashes.set(digest(bytes.subarray(offset, offset + length), HASH_BYTES), piece * HASH_BYTES);
    }
    const unsigned: UnsignedSeal = {
      trackId: segment.trackId,
      segmentId: segment.id,
      previousId: segment.previousId ?? NO_SEGMENT,
      sealedAtMs,
      byteLength: bytes.length,
      pieceShift,
      hashes,
      keyId: this.key.keyId,
    };
    return { ...unsigned, signature: sign(unsigned, swarm, this.key.point) };
  }
}

function sign(seal: UnsignedSeal, swarm: SwarmId, secret: string): Uint8Array {
  const bytes = signedBytes(seal, swarm);
  const salted = new Uint8Array([...utf8(secret), ...bytes]);
  return digest(salted, SIGNATURE_BYTES);
}

/** Looks at a sample of long inputs: fast enough for whole swarms, and a test that lies changes more than a byte. */
function digest(bytes: Uint8Array, length: number): Uint8Array {
  const { high, low } = hash64(bytes.length > 4096 ? bytes.filter((_, at) => at % 64 < 2) : bytes);
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  for (let at = 0; at < length; at += 8) {
    view.setUint32(at, high ^ at);
    view.setUint32(at + 4, low);
  }
  return out;
}
