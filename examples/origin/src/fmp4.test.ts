import { describe, expect, it } from "vitest";
import { boxesIn, decodeTimeTicks, findBox, freeBox, retime } from "./fmp4.ts";
import { rendition } from "./loop.fixture.ts";

const [segment = new Uint8Array()] = rendition("v144").segments;

describe("a media segment", () => {
  it("is one moof and one mdat, nothing else", () => {
    expect(boxesIn(segment).map(({ type }) => type)).toEqual(["moof", "mdat"]);
  });

  it("says a new decode time, also beyond 32 bits, and changes in nothing else", () => {
    const later = retime(segment, 2 ** 40 + 7, 9);
    expect(decodeTimeTicks(later)).toBe(2 ** 40 + 7);
    expect(decodeTimeTicks(segment)).toBe(0);
    expect(Buffer.compare(retime(later, 0, 1), segment)).toBe(0);
  });

  it("may be followed by a free box that says more", () => {
    const marked = Buffer.concat([segment, freeBox("hello")]);
    const free = findBox(marked, "free");
    expect(marked.toString("utf8", free?.bodyStart, free?.end)).toBe("hello");
  });
});

describe("bytes that are no boxes", () => {
  it.each([new Uint8Array(4), new Uint8Array(8), segment.subarray(0, 600)])("are refused", (bytes) => {
    expect(() => boxesIn(bytes)).toThrow(/does not fit/);
  });

  it("are no media segment", () => {
    expect(() => decodeTimeTicks(rendition("v144").init)).toThrow(/no moof/);
  });
});
