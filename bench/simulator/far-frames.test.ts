import { expect, test } from "vitest";
import { type FarFrame, FarFrames, readFarFrames } from "./far-frames.ts";

const frameOf = (number: number, headerBytes: number): FarFrame => ({
  leftMs: 1234.5 + number,
  reachesMs: 1250.25 + number,
  header: Uint8Array.from({ length: headerBytes }, (_, at) => (at + number) % 256),
  length: headerBytes + 16_000 * (number % 2),
  mark: number % 256,
  bulk: number % 2 === 1,
  together: number % 3 === 0,
});

test("frames are read as they were packed, in order, however many and long they are", () => {
  const packed = new FarFrames();
  const frames = Array.from({ length: 500 }, (_, number) => frameOf(number, (number * 37) % 3000));
  frames.forEach((frame, end) => {
    packed.add(end, frame);
  });
  const read: [end: number, frame: FarFrame][] = [];
  readFarFrames(packed.take(), (end, frame) => read.push([end, frame]));
  expect(read).toEqual(frames.map((frame, end) => [end, frame]));
});

test("what was taken is not given again", () => {
  const packed = new FarFrames();
  packed.add(1, frameOf(1, 10));
  expect(packed.take().length).toBeGreaterThan(10);
  expect(packed.take()).toHaveLength(0);
});
