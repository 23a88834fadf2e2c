import { expect, it } from "vitest";
import { readSidx } from "./sidx.ts";

function sidx(version: number, sizes: readonly number[]): Uint8Array {
  const head = version === 0 ? 28 : 36;
  const bytes = new Uint8Array(head + 4 + sizes.length * 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  bytes.set(new TextEncoder().encode("sidx"), 4);
  view.setUint8(8, version);
  view.setUint32(16, 1_000);
  if (version === 0) view.setUint32(20, 500);
  else view.setBigUint64(20, 500n);
  view.setUint16(head + 2, sizes.length);
  for (const [at, size] of sizes.entries()) {
    view.setUint32(head + 4 + at * 12, size);
    view.setUint32(head + 8 + at * 12, 4_000);
  }
  return bytes;
}

it.each([0, 1])("lists where each segment lies and when it plays, version %i", (version) => {
  const box = sidx(version, [300, 200]);
  const first = 1_000 + box.length;
  expect(readSidx(box, 1_000)).toEqual([
    { range: { first, last: first + 299 }, startMs: 500, durationMs: 4_000 },
    { range: { first: first + 300, last: first + 499 }, startMs: 4_500, durationMs: 4_000 },
  ]);
});

it("refuses an index of indices, and what is cut off or something else", () => {
  expect(readSidx(sidx(0, [2 ** 31 + 5]), 0)).toBeNull();
  expect(readSidx(sidx(0, [1, 2]).subarray(0, 40), 0)).toBeNull();
  expect(readSidx(new Uint8Array(64), 0)).toBeNull();
});
