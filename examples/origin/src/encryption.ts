import { createCipheriv, createHash } from "node:crypto";

/** The AES-128 key of `/vod-aes/`. It protects nothing: it exists so that players have something to decrypt. */
export const aesKey: Uint8Array = createHash("sha256").update("shoal origin").digest().subarray(0, 16);

/** Initialisation vector of a segment, as in EXT-X-KEY: 32 hexadecimal digits. */
export function segmentIvHex(number: number): string {
  return createHash("sha256").update(`shoal origin segment ${number}`).digest("hex").slice(0, 32);
}

/** A whole segment in AES-128-CBC with PKCS#7 padding, RFC 8216, section 4.3.2.4. */
export function encryptSegment(plain: Uint8Array, number: number): Uint8Array {
  const cipher = createCipheriv("aes-128-cbc", aesKey, Buffer.from(segmentIvHex(number), "hex"));
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}
