import { type Seal, type SealKey, type SwarmId, signedBytes } from "@shoal/protocol";

/** The two questions that need cryptography. Given in from outside: a simulator answers them without bytes. */
export interface Integrity {
  /** True if `key` signed the seal for this swarm. */
  verify(seal: Seal, swarm: SwarmId, key: SealKey): Promise<boolean>;
  /** SHA-256, 32 bytes. */
  sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

/** {@link Integrity} by WebCrypto. Key imports are remembered. */
export function webCryptoIntegrity(subtle: SubtleCrypto): Integrity {
  const keys = new Map<string, Promise<CryptoKey>>();
  const imported = (point: string): Promise<CryptoKey> => {
    const known = keys.get(point);
    if (known) return known;
    const key = subtle.importKey("raw", fromBase64Url(point), ALGORITHM, false, ["verify"]);
    keys.set(point, key);
    return key;
  };
  return {
    async verify(seal, swarm, key) {
      try {
        const bytes = signedBytes(seal, swarm);
        const signature = new Uint8Array(seal.signature);
        return await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, await imported(key.point), signature, bytes);
      } catch {
        return false;
      }
    },
    async sha256(bytes) {
      return new Uint8Array(await subtle.digest("SHA-256", bytes));
    },
  };
}

/** Bytes of a base64url text. @throws if the text is none; callers treat that as a key that verifies nothing */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
