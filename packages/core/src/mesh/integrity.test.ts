import {
  editionOf,
  NO_SEGMENT,
  type Seal,
  type SealKey,
  type SwarmId,
  segmentIdOf,
  signedBytes,
  trackIdOf,
  type UnsignedSeal,
} from "@shoal/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import { webCryptoIntegrity } from "./integrity.ts";
import { SealBook } from "./seal-book.ts";

const SWARM = "/live" as SwarmId;
const integrity = webCryptoIntegrity(crypto.subtle);
let key: SealKey;
let sign: (seal: UnsignedSeal, swarm: SwarmId) => Promise<Seal>;

beforeAll(async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const point = Buffer.from(await crypto.subtle.exportKey("raw", pair.publicKey)).toString("base64url");
  key = { keyId: "0123456789abcdef", point };
  sign = async (seal, swarm) => {
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const signature = await crypto.subtle.sign(algorithm, pair.privateKey, signedBytes(seal, swarm));
    return { ...seal, signature: new Uint8Array(signature) };
  };
});

function unsigned(sealedAtMs: number, fill: number = 1): UnsignedSeal {
  return {
    trackId: trackIdOf("v/init.mp4"),
    segmentId: segmentIdOf("v/1.m4s"),
    previousId: NO_SEGMENT,
    sealedAtMs,
    byteLength: 100_000,
    pieceShift: 16,
    hashes: new Uint8Array(64).fill(fill),
    keyId: "0123456789abcdef",
  };
}

function bookOf(notBefore: number = 0): SealBook {
  const book = new SealBook(integrity, SWARM, () => notBefore);
  book.addKeys([key]);
  return book;
}

describe("a seal", () => {
  it("is believed when the sealer signed it for this swarm", async () => {
    const book = bookOf();
    const seal = await sign(unsigned(1000), SWARM);
    expect(await book.offer(seal)).toBe("new");
    expect(book.get(seal.segmentId)).toBe(seal);
  });

  it("is forged when any part of it was changed, or it was signed for another swarm", async () => {
    const seal = await sign(unsigned(1000), SWARM);
    const changes: Partial<Seal>[] = [
      { sealedAtMs: 2000 },
      { byteLength: 100_001 },
      { hashes: new Uint8Array(64).fill(2) },
      { segmentId: segmentIdOf("v/2.m4s") },
      { previousId: segmentIdOf("v/0.m4s") },
      { trackId: trackIdOf("a/init.mp4") },
      { signature: new Uint8Array(64) },
    ];
    for (const change of changes) expect(await bookOf().offer({ ...seal, ...change })).toBe("forged");
    expect(await bookOf().offer(await sign(unsigned(1000), "/other" as SwarmId))).toBe("forged");
  });

  it("under a key that is not known here convicts nobody", async () => {
    const book = new SealBook(integrity, SWARM, () => 0);
    expect(await book.offer(await sign(unsigned(1000), SWARM))).toBe("unknown-key");
  });

  it("that is older than what may count, or than another, is dropped but remembered as once true", async () => {
    const book = bookOf(5000);
    expect(await book.offer(await sign(unsigned(4999), SWARM))).toBe("old");
    const newer = await sign(unsigned(7000, 2), SWARM);
    expect(await book.offer(newer)).toBe("new");
    expect(await book.offer(await sign(unsigned(6000, 3), SWARM))).toBe("old");
    expect(book.get(newer.segmentId)).toBe(newer);
    expect(book.everTrue(newer.segmentId, editionOf(unsigned(4999)))).toBe(true);
    expect(book.everTrue(newer.segmentId, 1234)).toBe(false);
  });

  it("made anew for the same bytes changes nothing for those who hold them", async () => {
    const book = bookOf();
    await book.offer(await sign(unsigned(1000), SWARM));
    expect(await book.offer(await sign(unsigned(2000), SWARM))).toBe("known");
  });

  it("does not count under a key that is none", async () => {
    const book = new SealBook(integrity, SWARM, () => 0);
    book.addKeys([{ keyId: "0123456789abcdef", point: "not a point" }]);
    expect(await book.offer(await sign(unsigned(1000), SWARM))).toBe("forged");
  });
});
