import {
  HASH_BYTES,
  NO_SEGMENT,
  pieceCount,
  pieceExtent,
  pieceShiftFor,
  type Seal,
  type SealKey,
  type SegmentId,
  type SwarmId,
  signedBytes,
  type TrackId,
  toHex,
  type UnsignedSeal,
} from "@shoal/protocol";

/** Signs seals with a key of its own, for tests. */
export class TestSealer {
  readonly key: SealKey;
  readonly #signing: CryptoKey;

  constructor(signing: CryptoKey, key: SealKey) {
    this.#signing = signing;
    this.key = key;
  }

  static async create(): Promise<TestSealer> {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const keyId = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", point)).subarray(0, 8));
    return new TestSealer(pair.privateKey, { keyId, point: toBase64Url(point) });
  }

  async seal(
    swarm: SwarmId,
    segment: { readonly id: SegmentId; readonly trackId: TrackId; readonly previousId?: SegmentId },
    bytes: Uint8Array,
    sealedAtMs: number,
  ): Promise<Seal> {
    const pieceShift = pieceShiftFor(bytes.length);
    const count = pieceCount(bytes.length, pieceShift);
    const hashes = new Uint8Array(count * HASH_BYTES);
    for (let piece = 0; piece < count; piece++) {
      const { offset, length } = pieceExtent(piece, bytes.length, pieceShift);
      const hash = await crypto.subtle.digest("SHA-256", bytes.slice(offset, offset + length));
      hashes.set(new Uint8Array(hash), piece * HASH_BYTES);
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
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const signature = await crypto.subtle.sign(algorithm, this.#signing, signedBytes(unsigned, swarm));
    return { ...unsigned, signature: new Uint8Array(signature) };
  }
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");
}
