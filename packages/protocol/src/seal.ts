import { ByteReader, ByteWriter, reading } from "./bytes.ts";
import { hash64 } from "./hash64.ts";
import type { SegmentId, SwarmId, TrackId } from "./ids.ts";
import { MAX_PIECE_SHIFT, MAX_PIECES, PIECE_SHIFT, pieceCount } from "./pieces.ts";
import { accept, type Result, refuse } from "./result.ts";
import { utf8 } from "./utf8.ts";

/** What a segment is, said by the operator's sealer and signed. */
export interface Seal {
  readonly trackId: TrackId;
  readonly segmentId: SegmentId;
  /** The segment before it on its track; `NO_SEGMENT` where it is the first. */
  readonly previousId: SegmentId;
  /** Server time of the sealing, milliseconds since 1970. */
  readonly sealedAtMs: number;
  readonly byteLength: number;
  /** log2 of the piece size in bytes. */
  readonly pieceShift: number;
  /** SHA-256 of each piece, 32 bytes each, one after the other. */
  readonly hashes: Uint8Array;
  /** 8 bytes that name the signing key, as 16 hexadecimal digits. */
  readonly keyId: string;
  /** ECDSA over P-256 with SHA-256, r then s, 64 bytes. */
  readonly signature: Uint8Array;
}

/** Everything of a seal but its signature. */
export type UnsignedSeal = Omit<Seal, "signature">;

export type SealError = "truncated" | "bad-seal";

/** Version of the seal's layout; part of what is signed. */
export const SEAL_VERSION = 1;
export const HASH_BYTES = 32;
export const SIGNATURE_BYTES = 64;
const DOMAIN = "shoal seal";

function writeBody(seal: UnsignedSeal): ByteWriter {
  return new ByteWriter(64 + seal.hashes.length + SIGNATURE_BYTES)
    .u8(SEAL_VERSION)
    .hex(seal.trackId)
    .hex(seal.segmentId)
    .hex(seal.previousId)
    .u48(seal.sealedAtMs)
    .u32(seal.byteLength)
    .u8(seal.pieceShift)
    .hex(seal.keyId)
    .bytes(seal.hashes);
}

/** The bytes that the sealer signs and a viewer verifies: domain, swarm, then the seal's body. */
export function signedBytes(seal: UnsignedSeal, swarm: SwarmId): Uint8Array<ArrayBuffer> {
  const swarmBytes = utf8(swarm);
  const domain = utf8(DOMAIN);
  const body = writeBody(seal).done();
  return new ByteWriter(domain.length + swarmBytes.length + body.length + 3)
    .bytes(domain)
    .u8(0)
    .u16(swarmBytes.length)
    .bytes(swarmBytes)
    .bytes(body)
    .done();
}

/** A seal's bytes as they travel. */
export function encodeSeal(seal: Seal): Uint8Array<ArrayBuffer> {
  return writeBody(seal).bytes(seal.signature).done();
}

/** Reads a seal; whether it is true is for the signature to say. Total: any bytes give a seal or a refusal. */
export function decodeSeal(bytes: Uint8Array): Result<Seal, SealError> {
  return reading(() => readSeal(new ByteReader(bytes)));
}

function readSeal(reader: ByteReader): Result<Seal, "bad-seal"> {
  if (reader.u8() !== SEAL_VERSION) return refuse("bad-seal", "The seal has another version.");
  const trackId = reader.id() as TrackId;
  const segmentId = reader.id() as SegmentId;
  const previousId = reader.id() as SegmentId;
  const sealedAtMs = reader.u48();
  const byteLength = reader.u32();
  const pieceShift = reader.u8();
  const keyId = reader.id();
  if (byteLength === 0) return refuse("bad-seal", "The seal is for an empty segment.");
  if (pieceShift < PIECE_SHIFT || pieceShift > MAX_PIECE_SHIFT) {
    return refuse("bad-seal", `The seal's piece size 2^${pieceShift} is out of range.`);
  }
  const count = pieceCount(byteLength, pieceShift);
  if (count > MAX_PIECES) return refuse("bad-seal", `The seal has ${count} pieces, more than ${MAX_PIECES}.`);
  const hashes = reader.view(count * HASH_BYTES).slice();
  const signature = reader.view(SIGNATURE_BYTES).slice();
  return accept({
    trackId,
    segmentId,
    previousId,
    sealedAtMs,
    byteLength,
    pieceShift,
    hashes,
    keyId,
    signature,
  });
}

/**
 * A number that tells two contents of one segment id apart: the low word of the FNV-1a hash of all piece hashes, never 0.
 * 0 on the wire means "not sealed yet".
 */
export function editionOf(seal: Pick<Seal, "hashes">): number {
  return hash64(seal.hashes).low || 1;
}
