import { describe, expect, it } from "vitest";
import { hash64, wordToHex } from "./hash64.ts";
import { isPeerId, isSegmentId, peerIdFrom, segmentIdOf, swarmHash, swarmIdOf } from "./ids.ts";
import { contentIdOf, mediaBaseOf, pathOf, segmentName } from "./segment-name.ts";
import { utf8 } from "./utf8.ts";

describe("hash64", () => {
  it("is FNV-1a: the published vectors", () => {
    const vectors: readonly (readonly [string, string])[] = [
      ["", "cbf29ce484222325"],
      ["a", "af63dc4c8601ec8c"],
      ["b", "af63df4c8601f1a5"],
      ["foobar", "85944171f73967e8"],
      ["chongo was here!\n", "46810940eff5f915"],
    ];
    for (const [text, expected] of vectors) expect(wordToHex(hash64(utf8(text)))).toBe(expected);
  });

  it("agrees with arithmetic on whole 64-bit numbers", () => {
    const prime = 0x100000001b3n;
    for (const text of ["v720/seg-00017.m4s", "Straße/ü.mp4#0-99", "🎬/1.ts", "x".repeat(300)]) {
      let hash = 0xcbf29ce484222325n;
      for (const byte of utf8(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
      expect(wordToHex(hash64(utf8(text)))).toBe(hash.toString(16).padStart(16, "0"));
    }
  });
});

it("utf8 is what TextEncoder says", () => {
  for (const text of ["", "plain", "Ünïcödé", "日本", "a🎬b"])
    expect(utf8(text)).toEqual(new TextEncoder().encode(text));
});

describe("the name of a segment", () => {
  const base = mediaBaseOf("https://one.example/live/event/master.m3u8?token=1");

  it("is its path below the media base, whatever host, query or token", () => {
    expect(base).toBe("/live/event/");
    expect(segmentName("https://two.example/live/event/v720/7.m4s?t=9#x", base)).toBe("v720/7.m4s");
    expect(segmentName("/live/event/v720/7.m4s", base)).toBe("v720/7.m4s");
  });

  it("is its whole path outside of the base", () => {
    expect(segmentName("https://two.example/other/7.m4s", base)).toBe("/other/7.m4s");
  });

  it("ends with the byte range, both ends inclusive", () => {
    expect(segmentName("https://one.example/live/event/v.mp4", base, { first: 100, last: 299 })).toBe("v.mp4#100-299");
  });

  it("gives the ids that the specification lists", () => {
    expect(segmentIdOf("v720/7.m4s")).toBe("a4e8bb1846c094b6");
    expect(segmentIdOf("v.mp4#100-299")).toBe("9e4bf08600b60435");
    expect(swarmHash(swarmIdOf("", "live/event/master"))).toBe("a29bd281245b2482");
  });
});

describe("the content id nobody gave", () => {
  it("is the manifest's path without its extension: host, query and fragment do not matter", () => {
    expect(contentIdOf("https://cdn.example/live/event/master.m3u8?x=1#y")).toBe("live/event/master");
    expect(contentIdOf("https://cdn.example/live/event/master")).toBe("live/event/master");
    expect(contentIdOf("https://cdn.example/v1.2/master.mpd")).toBe("v1.2/master");
    expect(contentIdOf("https://cdn.example/.hidden")).toBe(".hidden");
  });
});

it("pathOf keeps percent-escapes as they are", () => {
  expect(pathOf("https://cdn.example/a%20b/c.m4s?q")).toBe("/a%20b/c.m4s");
  expect(pathOf("https://cdn.example")).toBe("/");
});

it("ids are recognised, and nothing else is", () => {
  expect(isSegmentId("0123456789abcdef")).toBe(true);
  for (const not of ["", "0123456789ABCDEF", "0123456789abcde", 7, null, undefined, {}])
    expect(isSegmentId(not)).toBe(false);
  expect(isPeerId(peerIdFrom(new Uint8Array(16).fill(7)))).toBe(true);
});
