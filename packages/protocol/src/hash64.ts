/** A 64-bit value as two unsigned 32-bit words. TVs of 2017 have no BigInt. */
export interface Word64 {
  readonly high: number;
  readonly low: number;
}

const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
/** The FNV-64 prime is 2^40 + 0x1b3; the power of two becomes a shift. */
const PRIME_LOW = 0x1b3;

/**
 * FNV-1a over bytes, 64 bits (draft-eastlake-fnv), followed by nothing: identifiers on the wire are its plain output.
 * Not a cryptographic hash: names come from a manifest, and what a segment *is* is said by its seal.
 */
export function hash64(bytes: Uint8Array): Word64 {
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0;
    // (high:low) * (2^40 + 0x1b3) modulo 2^64; 32-bit products are exact in a double (9 + 32 bits).
    const product = low * PRIME_LOW;
    const carry = Math.floor(product / 0x1_0000_0000);
    high = (Math.imul(high, PRIME_LOW) + carry + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return { high, low };
}

/** Spreads the bits of two words into one unsigned 32-bit word (the murmur3 finaliser, twice). For scores, not for ids. */
export function mix32(a: number, b: number): number {
  let h = Math.imul(a ^ (b >>> 15), 0x85ebca6b) ^ b;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 16 lower-case hexadecimal digits. */
export function wordToHex(word: Word64): string {
  return hexDigits(word.high, 8) + hexDigits(word.low, 8);
}

/** A whole number as so many lower-case hexadecimal digits, at most 8. TVs of 2018 have no `padStart`. */
export function hexDigits(value: number, digits: number): string {
  return `0000000${value.toString(16)}`.slice(-digits);
}
