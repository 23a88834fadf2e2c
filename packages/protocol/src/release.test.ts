import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame } from "./frame-codec.ts";
import { FRAME_TYPES } from "./frames.ts";
import { toHex } from "./ids.ts";
import { RELEASE_0_1 } from "./release.fixture.ts";

const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe("frames of release 0.1", () => {
  it("cover every type", () => {
    expect(RELEASE_0_1.map(({ frame }) => frame.type)).toEqual(Object.keys(FRAME_TYPES));
  });

  for (const { frame, hex } of RELEASE_0_1) {
    it(`are still read, and still sent byte for byte: ${frame.type}`, () => {
      expect(toHex(encodeFrame(frame))).toBe(hex);
      expect(decodeFrame(fromHex(hex))).toEqual({ ok: true, value: { frame, skippedBytes: 0 } });
    });
  }
});
