import { expect, it } from "vitest";
import { loadMedia } from "./media.ts";
import { readWebm } from "./webm.ts";

it("finds where the index of the bundled WebM file lies, and that clusters follow it", async () => {
  const { bytes, init, index } = (await loadMedia()).webm;
  expect(init).toEqual({ offset: 0, length: index.offset });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  expect(view.getUint32(index.offset)).toBe(0x1c53bb6b);
  expect(view.getUint32(index.offset + index.length)).toBe(0x1f43b675);
});

it("refuses a file whose index stands at its end", () => {
  expect(() => readWebm(Uint8Array.of(0x1f, 0x43, 0xb6, 0x75, 0x80))).toThrow("no index");
});
