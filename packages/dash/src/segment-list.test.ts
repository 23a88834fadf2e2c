import { describe, expect, it } from "vitest";
import { BEGAN_MS, partsAt, representationOf } from "./representation.fixture.ts";
import { listSegments, readRange } from "./segment-list.ts";

const names = (listing: ReturnType<typeof listSegments>): readonly string[] =>
  listing.segments.map(({ media }) => media);
const timeline = (...S: { t?: number; d: number; r?: number }[]) => ({
  SegmentTemplate: { media: "$Time$.m4s", SegmentTimeline: { S } },
});

describe("a SegmentTimeline", () => {
  it("is listed with its repeats and gaps, each segment where it plays", () => {
    const representation = representationOf(timeline({ t: 100, d: 4, r: 1 }, { t: 120, d: 2 }), {
      presentationTimeOffset: 100,
    });
    const { segments, nextMs } = listSegments(representation, partsAt(0));
    expect(segments.map(({ media, startS, durationS }) => [media, startS, durationS])).toEqual([
      ["100.m4s", 0, 4],
      ["104.m4s", 4, 4],
      ["120.m4s", 20, 2],
    ]);
    expect(nextMs).toBeNull();
  });

  it("that repeats without end ends where the next entry begins, or now", () => {
    const until = representationOf(timeline({ t: 0, d: 4, r: -1 }, { t: 12, d: 2 }));
    expect(names(listSegments(until, partsAt(0)))).toEqual(["0.m4s", "4.m4s", "8.m4s", "12.m4s"]);
    const open = representationOf(timeline({ t: 0, d: 4, r: -1 }), { type: "dynamic" });
    expect(names(listSegments(open, partsAt(11)))).toEqual(["0.m4s", "4.m4s"]);
  });

  it("counts numbers from the first entry on", () => {
    const element = { SegmentTemplate: { media: "$Number%03d$.m4s", SegmentTimeline: { S: [{ t: 0, d: 4, r: 1 }] } } };
    expect(names(listSegments(representationOf(element, { startNumber: 9 }), partsAt(0)))).toEqual([
      "009.m4s",
      "010.m4s",
    ]);
  });
});

describe("a live template", () => {
  const live = representationOf({ SegmentTemplate: { media: "s$Number$.m4s" } }, { type: "dynamic" });

  it("lists what is there by dash.js' clock, and says when the next will be", () => {
    const listing = listSegments(live, partsAt(41));
    expect(names(listing)).toEqual(["s5.m4s", "s6.m4s", "s7.m4s", "s8.m4s", "s9.m4s"]);
    expect(listing.nextMs).toBe(BEGAN_MS + 44_000);
  });

  it("lists nothing before its first segment is whole, and knows when that is", () => {
    expect(listSegments(live, partsAt(3))).toEqual({ segments: [], nextMs: BEGAN_MS + 4_000 });
  });
});

it("a segment of low latency is listed once it is whole", () => {
  const early = representationOf(timeline({ t: 0, d: 4, r: 2 }), { type: "dynamic", availabilityTimeComplete: false });
  expect(names(listSegments(early, partsAt(11)))).toEqual(["0.m4s", "4.m4s"]);
});

it("a file's own index is taken as dash.js read it", () => {
  const segments = [{ index: 0, media: "f.mp4", mediaRange: "100-299", presentationStartTime: 0, duration: 4 }];
  const [first] = listSegments(representationOf({}, { segments }), partsAt(0)).segments;
  expect(first).toEqual({ media: "f.mp4", range: { first: 100, last: 299 }, startS: 0, durationS: 4 });
});

it("reads a range, and nothing that is none", () => {
  expect(readRange("0-99")).toEqual({ first: 0, last: 99 });
  for (const none of ["", "5-", "-5", "9-3", null, undefined]) expect(readRange(none)).toBeNull();
});
