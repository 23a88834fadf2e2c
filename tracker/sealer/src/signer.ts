import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  HASH_BYTES,
  pieceCount,
  pieceExtent,
  pieceShiftFor,
  type Seal,
  type SealKey,
  type SegmentId,
  type SwarmId,
  signedBytes,
  type TrackId,
} from "@shoal/protocol";
import { ConfigError } from "./environment.ts";

/** What a seal says besides the bytes it is for. */
export interface SealSubject {
  readonly swarm: SwarmId;
  readonly trackId: TrackId;
  readonly segmentId: SegmentId;
  readonly previousId: SegmentId;
  readonly sealedAtMs: number;
}

/** Makes seals with one private key. */
export class Signer {
  readonly #privateKey: KeyObject;
  /** What viewers verify with. */
  readonly key: SealKey;

  constructor(privateKey: KeyObject) {
    const { asymmetricKeyType, asymmetricKeyDetails } = privateKey;
    if (asymmetricKeyType !== "ec" || asymmetricKeyDetails?.namedCurve !== "prime256v1") {
      throw new ConfigError("SHOAL_SEAL_KEY must be an EC private key on the curve P-256.");
    }
    this.#privateKey = privateKey;
    const { x = "", y = "" } = createPublicKey(privateKey).export({ format: "jwk" });
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
    const keyId = createHash("sha256").update(point).digest("hex").slice(0, 16);
    this.key = { keyId, point: point.toString("base64url") };
  }

  /** Hashes each piece and signs. `bytes` must not be empty. */
  seal(bytes: Uint8Array, { swarm, ...subject }: SealSubject): Seal {
    const byteLength = bytes.length;
    const pieceShift = pieceShiftFor(byteLength);
    const count = pieceCount(byteLength, pieceShift);
    const hashes = new Uint8Array(count * HASH_BYTES);
    for (let piece = 0; piece < count; piece++) {
      const { offset, length } = pieceExtent(piece, byteLength, pieceShift);
      const hash = createHash("sha256").update(bytes.subarray(offset, offset + length));
      hashes.set(hash.digest(), piece * HASH_BYTES);
    }
    const unsigned = { ...subject, byteLength, pieceShift, hashes, keyId: this.key.keyId };
    const key = { key: this.#privateKey, dsaEncoding: "ieee-p1363" as const };
    return { ...unsigned, signature: new Uint8Array(sign("sha256", signedBytes(unsigned, swarm), key)) };
  }
}

/** A new private key as PEM. */
export function generateSealKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** @param text PEM, a JWK, or the path of a file with either. @throws ConfigError */
export function loadSealKey(text: string): Signer {
  try {
    const isInline = text.includes("-----BEGIN") || text.trimStart().startsWith("{");
    const content = (isInline ? text : readFileSync(text, "utf8")).trim();
    const key = content.startsWith("{")
      ? createPrivateKey({ key: JSON.parse(content), format: "jwk" })
      : createPrivateKey(content);
    return new Signer(key);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError("SHOAL_SEAL_KEY must be a P-256 private key as PEM or JWK, or the path of a file with one.");
  }
}
