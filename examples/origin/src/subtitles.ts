import { boxOf, joined, uint32s } from "./fmp4.ts";

/** Ticks per second of the subtitles. */
const TIMESCALE = 1000;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const IDENTITY = uint32s(0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000);

/** What the subtitles say during a segment. */
export function subtitleText(number: number): string {
  return `The sea, part ${number}`;
}

/** The init segment of a track of TTML in ISO BMFF, ISO/IEC 14496-30: `stpp`. */
export function subtitleInit(): Uint8Array {
  const empty = ["stts", "stsc", "stco"].map((type) => boxOf(type, uint32s(0, 0)));
  const entry = boxOf("stpp", uint32s(0, 1), utf8("http://www.w3.org/ns/ttml\0\0\0"));
  const stbl = boxOf("stbl", boxOf("stsd", uint32s(0, 1), entry), ...empty, boxOf("stsz", uint32s(0, 0, 0)));
  const dinf = boxOf("dinf", boxOf("dref", uint32s(0, 1), boxOf("url ", uint32s(1))));
  const mdhd = boxOf("mdhd", uint32s(0, 0, 0, TIMESCALE, 0, 0x55c4_0000));
  const hdlr = boxOf("hdlr", uint32s(0, 0), utf8("subt"), uint32s(0, 0, 0), utf8("Text\0"));
  const mdia = boxOf("mdia", mdhd, hdlr, boxOf("minf", boxOf("sthd", uint32s(0)), dinf, stbl));
  const tkhd = boxOf("tkhd", uint32s(3, 0, 0, 1, 0, 0, 0, 0, 0, 0), IDENTITY, uint32s(0, 0));
  const mvhd = boxOf(
    "mvhd",
    uint32s(0, 0, 0, TIMESCALE, 0, 0x1_0000, 0x100_0000, 0, 0),
    IDENTITY,
    uint32s(0, 0, 0, 0, 0, 0, 2),
  );
  const mvex = boxOf("mvex", boxOf("trex", uint32s(0, 1, 1, 0, 0, 0)));
  return joined(
    boxOf("ftyp", utf8("iso6"), uint32s(0), utf8("iso6dash")),
    boxOf("moov", mvhd, mvex, boxOf("trak", tkhd, mdia)),
  );
}

/** A segment of it: one document that is shown throughout. */
export function subtitleSegment(number: number, segmentSeconds: number): Uint8Array {
  const durationTicks = segmentSeconds * TIMESCALE;
  const document = utf8(ttml(number * segmentSeconds, (number + 1) * segmentSeconds, subtitleText(number)));
  const moof = (dataOffset: number): Uint8Array => {
    const tfhd = boxOf("tfhd", uint32s(0x2_0000, 1));
    const tfdt = boxOf("tfdt", uint32s(0, number * durationTicks));
    const trun = boxOf("trun", uint32s(0x301, 1, dataOffset, durationTicks, document.byteLength));
    return boxOf("moof", boxOf("mfhd", uint32s(0, number + 1)), boxOf("traf", tfhd, tfdt, trun));
  };
  return joined(moof(moof(0).byteLength + 8), boxOf("mdat", document));
}

function ttml(fromSeconds: number, untilSeconds: number, text: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="en"><body><div>
  <p begin="${fromSeconds}.000s" end="${untilSeconds}.000s">${text}</p>
</div></body></tt>
`;
}
