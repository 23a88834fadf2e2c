import { expect, it } from "vitest";
import { isCues, readCues } from "./cues.ts";

/** An element with a one-byte size. */
const element = (id: readonly number[], content: readonly number[]): number[] => [
  ...id,
  0x80 | content.length,
  ...content,
];
const segmentId = [0x18, 0x53, 0x80, 0x67];
/** 8.5 s, as a double, in milliseconds. */
const info = element(
  [0x15, 0x49, 0xa9, 0x66],
  element([0x44, 0x89], [...new Uint8Array(new Float64Array([8_500]).buffer)].reverse()),
);
const point = (timeMs: number, position: number): number[] =>
  element(
    [0xbb],
    [
      ...element([0xb3], [timeMs >> 8, timeMs & 255]),
      ...element([0xb7], [...element([0xf7], [1]), ...element([0xf1], [position >> 8, position & 255])]),
    ],
  );
const header = Uint8Array.from([
  ...element([0x1a, 0x45, 0xdf, 0xa3], [0]),
  ...segmentId,
  0x01,
  0,
  0,
  0,
  0,
  0,
  0x03,
  0xe8,
  ...info,
]);
const cues = Uint8Array.from(element([0x1c, 0x53, 0xbb, 0x6b], [...point(0, 300), ...point(4_000, 600)]));
/** Where the Segment's content begins: an EBML header of 6 bytes, an id of 4, a size of 8. */
const BEGIN = 18;

it("lists where each cluster lies and when it plays, the last until the file ends", () => {
  expect(isCues(cues)).toBe(true);
  expect(readCues(header, cues)).toEqual([
    { range: { first: BEGIN + 300, last: BEGIN + 599 }, startMs: 0, durationMs: 4_000 },
    { range: { first: BEGIN + 600, last: BEGIN + 999 }, startMs: 4_000, durationMs: 4_500 },
  ]);
});

it("makes nothing of anything else", () => {
  expect(isCues(Uint8Array.of(1, 2, 3))).toBe(false);
  expect(readCues(new Uint8Array(40), cues)).toBeNull();
  expect(
    readCues(
      header,
      Uint8Array.from({ length: 64 }, (_, at) => at),
    ),
  ).toBeNull();
  expect(readCues(header.subarray(0, 20), cues)).toBeNull();
});
