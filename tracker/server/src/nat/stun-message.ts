import { crc32 } from "node:zlib";

/** Where a request came from. */
export interface Mapped {
  /** IPv4 or IPv6 as Node writes it. */
  readonly address: string;
  readonly port: number;
}

/** A STUN message of the kinds that are spoken here. RFC 8489 (and 5389), section 5. */
export interface StunMessage {
  readonly type: "request" | "indication" | "success" | "error";
  /** 12 bytes; RFC 3489 messages, without the magic cookie, are not taken. */
  readonly transactionId: Buffer;
  /** Types of attributes that must be understood and are not. */
  readonly unknown: readonly number[];
  /** XOR-MAPPED-ADDRESS of an answer; `null` without one. */
  readonly mapped: Mapped | null;
}

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112_a442;
const BINDING = 0x001;
const XOR_MAPPED_ADDRESS = 0x0020;
const UNKNOWN_ATTRIBUTES = 0x000a;
const ERROR_CODE = 0x0009;
const SOFTWARE = 0x8022;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354_554e;
/** Understood, or safely ignored by a server without authentication: USERNAME, MESSAGE-INTEGRITY, their successors, ICE's. */
const TOLERATED = new Set([0x0006, 0x0008, 0x001c, 0x001e, 0x0024, 0x0025, XOR_MAPPED_ADDRESS, ERROR_CODE]);
const TYPES = { 0: "request", 16: "indication", 256: "success", 272: "error" } as const;

/** Reads a datagram. Total: `null` for whatever is no STUN binding message. */
export function readStun(bytes: Buffer): StunMessage | null {
  if (bytes.length < HEADER_BYTES || bytes.length % 4 !== 0) return null;
  const word = bytes.readUInt16BE(0);
  const type = TYPES[(word & 0x110) as keyof typeof TYPES];
  if ((word & ~0x110) !== BINDING || !type) return null;
  if (bytes.readUInt16BE(2) !== bytes.length - HEADER_BYTES || bytes.readUInt32BE(4) !== MAGIC_COOKIE) return null;
  const unknown: number[] = [];
  let mapped: Mapped | null = null;
  let at = HEADER_BYTES;
  while (at + 4 <= bytes.length) {
    const attribute = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    const end = at + 4 + length;
    if (end > bytes.length) return null;
    if (attribute === XOR_MAPPED_ADDRESS) mapped ??= readXorMapped(bytes.subarray(at + 4, end), bytes.subarray(4, 20));
    else if (attribute < 0x8000 && !TOLERATED.has(attribute)) unknown.push(attribute);
    else if (attribute === FINGERPRINT && !isFingerprint(bytes, at, length)) return null;
    at = end + ((4 - (length % 4)) % 4);
  }
  if (at !== bytes.length) return null;
  return { type, transactionId: Buffer.from(bytes.subarray(8, 20)), unknown, mapped };
}

/** A binding request, as a client sends it. */
export function writeRequest(transactionId: Buffer): Buffer {
  return writeMessage(0x0001, transactionId, []);
}

/** The answer to a binding request. */
export function writeAnswer(request: StunMessage, from: Mapped): Buffer {
  const { transactionId, unknown } = request;
  if (unknown.length > 0) {
    const text = Buffer.from("Unknown Attribute", "utf8");
    const code = Buffer.concat([Buffer.from([0, 0, 4, 20]), text]);
    const types = Buffer.alloc(unknown.length * 2);
    for (const [at, type] of unknown.entries()) types.writeUInt16BE(type, at * 2);
    return writeMessage(0x0111, transactionId, [
      [ERROR_CODE, code],
      [UNKNOWN_ATTRIBUTES, types],
    ]);
  }
  const key = Buffer.concat([cookie(), transactionId]);
  const address = bytesOf(from.address);
  const value = Buffer.alloc(4 + address.length);
  value.writeUInt16BE(address.length === 4 ? 1 : 2, 0);
  value.writeUInt16BE(from.port ^ (MAGIC_COOKIE >>> 16), 2);
  for (const [at, byte] of address.entries()) value[4 + at] = byte ^ (key[at] ?? 0);
  return writeMessage(0x0101, transactionId, [[XOR_MAPPED_ADDRESS, value]]);
}

function writeMessage(
  type: number,
  transactionId: Buffer,
  attributes: readonly (readonly [type: number, value: Buffer])[],
): Buffer {
  const parts = [...attributes, [SOFTWARE, Buffer.from("shoal", "utf8")] as const].map(([attribute, value]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(attribute, 0);
    head.writeUInt16BE(value.length, 2);
    return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
  });
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(8);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(body.length + 8, 2);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  const message = Buffer.concat([header, transactionId, body]);
  const fingerprint = Buffer.alloc(8);
  fingerprint.writeUInt16BE(FINGERPRINT, 0);
  fingerprint.writeUInt16BE(4, 2);
  fingerprint.writeUInt32BE((crc32(message) ^ FINGERPRINT_XOR) >>> 0, 4);
  return Buffer.concat([message, fingerprint]);
}

function isFingerprint(bytes: Buffer, at: number, length: number): boolean {
  if (length !== 4 || at + 8 !== bytes.length) return false;
  return bytes.readUInt32BE(at + 4) === (crc32(bytes.subarray(0, at)) ^ FINGERPRINT_XOR) >>> 0;
}

function readXorMapped(value: Buffer, key: Buffer): Mapped | null {
  const family = value[1];
  const length = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (length === 0 || value.length !== 4 + length) return null;
  const port = value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16);
  const address = Array.from(value.subarray(4), (byte, at) => byte ^ (key[at] ?? 0));
  if (family === 1) return { address: address.join("."), port };
  const words = Array.from({ length: 8 }, (_, at) => ((address[at * 2] ?? 0) << 8) | (address[at * 2 + 1] ?? 0));
  return { address: words.map((word) => word.toString(16)).join(":"), port };
}

function bytesOf(text: string): Buffer {
  const plain = text.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (!plain.includes(":")) return Buffer.from(plain.split(".").map(Number));
  const [head = "", tail] = plain.split("::");
  const words = (part: string) => (part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16)));
  const front = words(head);
  const back = words(tail ?? "");
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 255]));
}

function cookie(): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(MAGIC_COOKIE);
  return bytes;
}
