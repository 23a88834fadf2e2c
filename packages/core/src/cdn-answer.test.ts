import { describe, expect, it } from "vitest";
import { answerOf, unplaced } from "./cdn-answer.ts";

const bytesOf = (length: number, first = 0): ArrayBuffer =>
  Uint8Array.from({ length }, (_, at) => (first + at) % 251).buffer;

const range = (first: number, last: number): { first: number; last: number } => ({ first, last });
const read = (bytes: ArrayBuffer | undefined): readonly number[] => [...new Uint8Array(bytes ?? new ArrayBuffer(0))];

describe("a segment that is a file of its own", () => {
  const file = { segmentRange: null, part: null };

  it("is whole when it was asked for whole", () => {
    expect(answerOf(bytesOf(10), 200, file)).toMatchObject({ offset: 0, totalBytes: 10, whole: true });
  });

  it("is not kept where the answer is empty", () => {
    expect(answerOf(bytesOf(0), 200, file)?.whole).toBe(false);
  });

  it("answers a part with that part, and does not guess the segment's length", () => {
    const answer = answerOf(bytesOf(4), 206, { segmentRange: null, part: range(6, 9) });
    expect(answer).toMatchObject({ offset: 6, totalBytes: null, whole: false });
  });

  it("answers a part with the whole where the server ignores ranges, even where the lengths happen to agree", () => {
    for (const length of [4, 10]) {
      const answer = answerOf(bytesOf(length), 200, { segmentRange: null, part: range(6, 9) });
      expect(answer).toMatchObject({ offset: 0, totalBytes: length, whole: true });
    }
  });

  it("is placed where a short 206 says the segment ended", () => {
    const answer = answerOf(bytesOf(2), 206, { segmentRange: null, part: range(8, 15) });
    expect(answer).toMatchObject({ offset: 8, whole: false });
  });

  it("is not placed by guesswork where the loader hides the status", () => {
    expect(answerOf(bytesOf(3), 0, { segmentRange: null, part: range(6, 9) })).toBeNull();
    expect(answerOf(bytesOf(4), 0, { segmentRange: null, part: range(6, 9) })?.offset).toBe(6);
    expect(answerOf(bytesOf(9), 0, { segmentRange: null, part: range(0, 3) })?.whole).toBe(true);
  });
});

describe("a segment that is a range of a larger file", () => {
  const segmentRange = range(100, 199);
  const whole = { segmentRange, part: null };

  it("is whole when its range came", () => {
    expect(answerOf(bytesOf(100), 206, whole)).toMatchObject({ offset: 0, totalBytes: 100, whole: true });
    expect(answerOf(bytesOf(100), 200, whole)?.whole).toBe(true);
  });

  it("is cut out where the server sends the whole file with a 200", () => {
    const answer = answerOf(bytesOf(500), 200, whole);
    expect(read(answer?.bytes)).toEqual(read(bytesOf(100, 100)));
    expect(answer).toMatchObject({ offset: 0, totalBytes: 100, whole: true });
  });

  it("is cut out whole where a 200 answers a request for a part of it", () => {
    const answer = answerOf(bytesOf(500), 200, { segmentRange, part: range(10, 19) });
    expect(read(answer?.bytes)).toEqual(read(bytesOf(100, 100)));
    expect(answer?.offset).toBe(0);
  });

  it("is not taken for whole where a 206 is short", () => {
    expect(answerOf(bytesOf(60), 206, whole)).toMatchObject({ offset: 0, totalBytes: 100, whole: false });
  });

  it("answers a part of it relative to its own beginning", () => {
    const answer = answerOf(bytesOf(10), 206, { segmentRange, part: range(10, 19) });
    expect(answer).toMatchObject({ offset: 10, totalBytes: 100, whole: false });
  });

  it("is not recognised in a 200 that ends before it begins", () => {
    expect(answerOf(bytesOf(80), 200, whole)).toBeNull();
  });
});

it("an answer of unknown place fits nowhere in a segment", () => {
  expect(unplaced(bytesOf(3))).toMatchObject({ offset: Number.POSITIVE_INFINITY, whole: false, totalBytes: null });
});
