import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { segmentBytes, segmentSizeBytes, segmentTime } from "./endless.ts";
import { decodeTimeTicks, sampleCount } from "./fmp4.ts";
import { media, rendition } from "./loop.fixture.ts";

const cmaf = media.renditions.filter(({ kind }) => kind !== "muxed");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe.each(cmaf)("$name without end", (one) => {
  const ticksPerSample = one.kind === "audio" ? 1024 : one.timescale / (one.framesPerSecond ?? 1);

  it.each([0, 1, 5])("runs on over the loop's seam without gap or overlap, variant %i", (variant) => {
    let expectedTicks = 0;
    for (let number = 0; number < 20; number += 1) {
      const bytes = segmentBytes(one, number, variant);
      expect(decodeTimeTicks(bytes)).toBe(expectedTicks);
      expect(segmentTime(one, number, variant).startTicks).toBe(expectedTicks);
      expectedTicks += sampleCount(bytes) * ticksPerSample;
    }
  });

  it("is 24 s long a loop, to the tick", () => {
    expect(segmentTime(one, 6 * 1_000_000).startTicks).toBe(24 * 1_000_000 * one.timescale);
  });

  it("never has the same bytes twice, and always the same for one number", () => {
    const hashes = [0, 1, 2].flatMap((variant) =>
      Array.from({ length: 14 }, (_, number) => sha256(segmentBytes(one, number, variant))),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(sha256(segmentBytes(one, 7))).toBe(hashes[7]);
    expect(segmentBytes(one, 7).byteLength).toBe(segmentSizeBytes(one, 7));
  });

  it("keeps its segments near the nominal size", () => {
    // The encoder of VP9 keeps to a rate less strictly.
    const spread = one.codecs.startsWith("vp") ? 0.2 : 0.1;
    for (const { byteLength } of one.segments) expect(Math.abs(byteLength / (one.kbps * 500) - 1)).toBeLessThan(spread);
  });
});

it("picture and sound never drift apart by more than one audio frame", () => {
  for (let number = 0; number < 50; number += 1) {
    const sound = segmentTime(rendition("a64"), number).startTicks / 48_000;
    expect(Math.abs(sound - 4 * number)).toBeLessThan(0.0214);
  }
});

it("MPEG-TS segments are told apart by a packet that players skip", () => {
  const one = segmentBytes(rendition("muxed300"), 1);
  const later = segmentBytes(rendition("muxed300"), 7);
  expect(one.byteLength % 188).toBe(0);
  expect(sha256(one)).not.toBe(sha256(later));
  expect(sha256(one.subarray(0, -188))).toBe(sha256(later.subarray(0, -188)));
});
