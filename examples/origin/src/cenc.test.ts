import { createDecipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { cencKey, cencKeyId, encryptedInit, encryptedSegment } from "./cenc.ts";
import { boxesIn, findBox } from "./fmp4.ts";
import { media } from "./loop.fixture.ts";

const rendition = (name: string) => media.renditions.find((one) => one.name === name) ?? media.renditions[0];
const [picture, sound] = [rendition("v144"), rendition("a64")];

/** What ISO/IEC 23001-7 says of a segment, read without a word from the code that wrote it. */
function decrypted(segment: Uint8Array): Buffer {
  const bytes = Buffer.from(segment);
  const at = (path: string) => findBox(bytes, path)?.bodyStart ?? Number.NaN;
  const senc = at("moof/traf/senc");
  expect(bytes.readUInt32BE(at("moof/traf/saio") + 8), "offset of the first entry").toBe(senc + 8);
  const trun = at("moof/traf/trun");
  const step = bytes.readUInt32BE(trun) & 0x100 ? 8 : 4;
  const hasFirstFlags = (bytes.readUInt32BE(trun) & 4) > 0;
  let sample = bytes.readUInt32BE(trun + 8);
  expect(sample, "offset of the data").toBe(at("mdat"));
  let entry = senc + 8;
  for (let index = 0; index < bytes.readUInt32BE(senc + 4); index++) {
    const iv = Buffer.concat([bytes.subarray(entry, entry + 8), Buffer.alloc(8)]);
    const size = bytes.readUInt32BE(trun + (hasFirstFlags ? 16 : 12) + step * index + step - 4);
    const hasParts = bytes.readUInt32BE(senc) === 2;
    const count = hasParts ? bytes.readUInt16BE(entry + 8) : 0;
    const cipher = createDecipheriv("aes-128-ctr", cencKey, iv);
    let from = sample;
    for (let part = 0; part < Math.max(1, count); part++) {
      const clear = hasParts ? bytes.readUInt16BE(entry + 10 + part * 6) : 0;
      const hidden = hasParts ? bytes.readUInt32BE(entry + 12 + part * 6) : size;
      from += clear;
      cipher.update(bytes.subarray(from, from + hidden)).copy(bytes, from);
      from += hidden;
    }
    expect(from, "the stretches are the whole sample").toBe(sample + size);
    expect(bytes[at("moof/traf/saiz") + 9 + index]).toBe(hasParts ? 10 + count * 6 : 8);
    entry += hasParts ? 10 + count * 6 : 8;
    sample += size;
  }
  return bytes.subarray(at("mdat"));
}

describe("cenc", () => {
  it.each([
    { kind: "video" as const, segments: picture?.segments },
    { kind: "audio" as const, segments: sound?.segments },
  ])("hides the $kind, and its own words bring it back", ({ kind, segments = [] }) => {
    for (const [number, plain] of segments.entries()) {
      const hidden = encryptedSegment(plain, number, kind);
      const clear = Buffer.from(plain.subarray(findBox(plain, "mdat")?.bodyStart));
      expect(Buffer.from(hidden.subarray(findBox(hidden, "mdat")?.bodyStart)).equals(clear)).toBe(false);
      expect(decrypted(hidden).equals(clear)).toBe(true);
    }
  });

  it("is named in the init segment, whose boxes still fit each other", () => {
    for (const [init, entry] of [
      [picture?.init, "encv"],
      [sound?.init, "enca"],
    ] as const) {
      const bytes = encryptedInit(init ?? new Uint8Array());
      const stsd = findBox(bytes, "moov/trak/mdia/minf/stbl/stsd");
      expect(boxesIn(bytes, (stsd?.bodyStart ?? 0) + 8, stsd?.end).map(({ type }) => type)).toEqual([entry]);
      expect(Buffer.from(bytes).includes(Buffer.from(cencKeyId))).toBe(true);
    }
  });
});
