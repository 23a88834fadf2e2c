import { createCipheriv, createHash } from "node:crypto";
import { boxesIn, boxOf, demandBox, joined, uint32s, viewOf } from "./fmp4.ts";

/** Key of `/vod-cenc/`, 16 bytes. Like that of AES-128 it protects nothing. */
export const cencKey: Uint8Array = createHash("sha256").update("shoal origin cenc").digest().subarray(0, 16);

/** Its id, 16 bytes. */
export const cencKeyId: Uint8Array = createHash("sha256").update("shoal origin cenc id").digest().subarray(0, 16);

const IV_BYTES = 8;
/** The length and head of a slice stay in the clear, so that a decoder can read them. */
const CLEAR_HEAD_BYTES = 68;
const BLOCK_BYTES = 16;
/** The boxes in each other that lead to what a track is made of. */
const SAMPLE_DESCRIPTIONS = ["moov", "trak", "mdia", "minf", "stbl", "stsd"];

/** A stretch of a sample: first bytes in the clear, then bytes that are encrypted. */
interface Stretch {
  readonly clearBytes: number;
  readonly hiddenBytes: number;
}

/** An init segment whose only track is said to be encrypted in scheme `cenc`, ISO/IEC 23001-7. */
export function encryptedInit(init: Uint8Array): Uint8Array {
  const way = SAMPLE_DESCRIPTIONS.map((_, at) => demandBox(init, SAMPLE_DESCRIPTIONS.slice(0, at + 1).join("/")));
  const entry = boxesIn(init, (way.at(-1)?.bodyStart ?? 0) + 8, way.at(-1)?.end)[0];
  if (!entry || (entry.type !== "avc1" && entry.type !== "mp4a"))
    throw new Error("Only avc1 and mp4a can be encrypted.");
  const tenc = boxOf("tenc", uint32s(0), Uint8Array.of(0, 0, 1, IV_BYTES), cencKeyId);
  const sinf = boxOf(
    "sinf",
    boxOf("frma", letters(entry.type)),
    boxOf("schm", uint32s(0), letters("cenc"), uint32s(0x1_0000)),
    boxOf("schi", tenc),
  );
  const whole = joined(init.subarray(0, entry.end), sinf, init.subarray(entry.end));
  whole.set(letters(entry.type === "avc1" ? "encv" : "enca"), entry.start + 4);
  for (const { start } of [...way, entry]) grow(whole, start, sinf.byteLength);
  return whole;
}

/** A media segment in scheme `cenc`: slices of pictures, and whole samples of sound. @param kind what its track is */
export function encryptedSegment(plain: Uint8Array, number: number, kind: "video" | "audio"): Uint8Array {
  const moof = demandBox(plain, "moof");
  const traf = demandBox(plain, "moof/traf");
  const trun = demandBox(plain, "moof/traf/trun");
  const bytes = new Uint8Array(plain);
  const infos: Uint8Array[] = [];
  let at = demandBox(plain, "mdat").bodyStart;
  for (const [index, sizeBytes] of sampleSizes(plain).entries()) {
    const sample = bytes.subarray(at, at + sizeBytes);
    const stretches = kind === "video" ? stretchesOf(sample) : [{ clearBytes: 0, hiddenBytes: sizeBytes }];
    const iv = uint32s(number, index);
    encrypt(sample, stretches, iv);
    infos.push(kind === "video" ? joined(iv, stretchTable(stretches)) : iv);
    at += sizeBytes;
  }
  const saiz = boxOf(
    ...(["saiz", uint32s(0), Uint8Array.of(0), uint32s(infos.length)] as const),
    Uint8Array.from(infos, ({ byteLength }) => byteLength),
  );
  const saioBytes = 20;
  // Offsets count from the beginning of the moof; a senc has 16 bytes before its first entry.
  const firstInfo = traf.end - moof.start + saiz.byteLength + saioBytes + 16;
  const saio = boxOf("saio", uint32s(0, 1, firstInfo));
  const senc = boxOf("senc", uint32s(kind === "video" ? 2 : 0, infos.length), ...infos);
  const added = joined(saiz, saio, senc);
  const whole = joined(bytes.subarray(0, traf.end), added, bytes.subarray(traf.end));
  for (const { start } of [moof, traf]) grow(whole, start, added.byteLength);
  grow(whole, trun.bodyStart + 8, added.byteLength);
  return whole;
}

/** Sizes that a segment's only track run gives one by one. */
function sampleSizes(segment: Uint8Array): readonly number[] {
  const { bodyStart } = demandBox(segment, "moof/traf/trun");
  const view = viewOf(segment);
  const flags = view.getUint32(bodyStart) & 0xff_ff_ff;
  if ((flags & 0x201) !== 0x201) throw new Error("A track run must give its data offset and the sizes of its samples.");
  const has = (flag: number): number => (flags & flag ? 4 : 0);
  const first = bodyStart + 12 + has(0x4) + has(0x100);
  const stepBytes = has(0x100) + 4 + has(0x400) + has(0x800);
  return Array.from({ length: view.getUint32(bodyStart + 4) }, (_, index) => view.getUint32(first + index * stepBytes));
}

/** H.264 with NAL units of 4 bytes' length, ISO/IEC 14496-15. */
function stretchesOf(sample: Uint8Array): readonly Stretch[] {
  const view = viewOf(sample);
  const stretches: Stretch[] = [];
  let clearBytes = 0;
  for (let at = 0; at < sample.byteLength; ) {
    const unitBytes = 4 + view.getUint32(at);
    const type = (sample[at + 4] ?? 0) & 31;
    const blocks = type === 1 || type === 5 ? Math.floor((unitBytes - CLEAR_HEAD_BYTES) / BLOCK_BYTES) : 0;
    const hiddenBytes = Math.max(0, blocks) * BLOCK_BYTES;
    clearBytes += unitBytes - hiddenBytes;
    if (hiddenBytes > 0) {
      stretches.push({ clearBytes, hiddenBytes });
      clearBytes = 0;
    }
    at += unitBytes;
  }
  return clearBytes > 0 ? [...stretches, { clearBytes, hiddenBytes: 0 }] : stretches;
}

function encrypt(sample: Uint8Array, stretches: readonly Stretch[], iv: Uint8Array): void {
  const cipher = createCipheriv("aes-128-ctr", cencKey, joined(iv, new Uint8Array(BLOCK_BYTES - IV_BYTES)));
  let at = 0;
  for (const { clearBytes, hiddenBytes } of stretches) {
    at += clearBytes;
    sample.set(cipher.update(sample.subarray(at, at + hiddenBytes)), at);
    at += hiddenBytes;
  }
}

function stretchTable(stretches: readonly Stretch[]): Uint8Array {
  const table = new Uint8Array(2 + stretches.length * 6);
  const view = viewOf(table);
  view.setUint16(0, stretches.length);
  for (const [at, { clearBytes, hiddenBytes }] of stretches.entries()) {
    view.setUint16(2 + at * 6, clearBytes);
    view.setUint32(4 + at * 6, hiddenBytes);
  }
  return table;
}

function grow(bytes: Uint8Array, at: number, by: number): void {
  const view = viewOf(bytes);
  view.setUint32(at, view.getUint32(at) + by);
}

function letters(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
