import { hexDigits } from "./hash64.ts";
import { type Result, refuse } from "./result.ts";

/** Thrown inside this package only, by {@link ByteReader}; {@link reading} turns it into a typed refusal. */
class OutOfBytes extends Error {}

/** Ids lately read, by their low bits. */
const KEPT_IDS = 256;
const KEPT: { readonly high: number; readonly low: number; readonly text: string }[] = [];

/** Reads big-endian fields; every read is checked against the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#advance(1)] ?? 0;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** 48 bits: milliseconds since 1970 until the year 10889. */
  u48(): number {
    return this.u16() * 0x1_0000_0000 + this.u32();
  }

  /** Eight bytes as sixteen hexadecimal digits: an id. The same few are read over and over, so the text is kept. */
  id(): string {
    const [high, low] = [this.u32(), this.u32()];
    const slot = low % KEPT_IDS;
    const kept = KEPT[slot];
    if (kept?.high === high && kept.low === low) return kept.text;
    const text = hexDigits(high, 8) + hexDigits(low, 8);
    KEPT[slot] = { high, low, text };
    return text;
  }

  /** `count` bytes as lower-case hexadecimal digits. */
  hex(count: number): string {
    const at = this.#advance(count);
    let text = "";
    for (let i = at; i < at + count; i++) text += hexDigits(this.#bytes[i] ?? 0, 2);
    return text;
  }

  /** A view on the next `count` bytes: no copy. */
  view(count: number): Uint8Array {
    const at = this.#advance(count);
    return this.#bytes.subarray(at, at + count);
  }

  #advance(count: number): number {
    if (count > this.remaining) throw new OutOfBytes();
    const at = this.#at;
    this.#at += count;
    return at;
  }
}

/** Runs a decoder; reading past the end becomes the refusal `truncated`. */
export function reading<T, Code extends string>(decode: () => Result<T, Code>): Result<T, Code | "truncated"> {
  try {
    return decode();
  } catch (error) {
    if (error instanceof OutOfBytes) return refuse("truncated", "The message ends before its last field.");
    throw error;
  }
}

/** Some bytes and others behind them. */
export function joinBytes(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}

/** Of a lower-case hexadecimal digit's character code. */
const digitValue = (code: number): number => (code > 57 ? code - 87 : code - 48);

/**
 * Writes big-endian fields into a buffer that grows. Frames are short and many: without a view on the buffer, and with a
 * copy at the end, engines keep them among their own small objects.
 */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(sizeHint: number = 64) {
    this.#bytes = new Uint8Array(sizeHint);
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    return this.u8(value >>> 8).u8(value);
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value);
  }

  u48(value: number): this {
    return this.u16(Math.floor(value / 0x1_0000_0000)).u32(value % 0x1_0000_0000);
  }

  hex(text: string): this {
    const at = this.#grow(text.length / 2);
    for (let i = 0; i < text.length; i += 2) {
      this.#bytes[at + i / 2] = (digitValue(text.charCodeAt(i)) << 4) | digitValue(text.charCodeAt(i + 1));
    }
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#at === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#at);
  }

  #grow(count: number): number {
    const at = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    return at;
  }
}
