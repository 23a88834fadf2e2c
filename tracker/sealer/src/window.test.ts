import { NO_SEGMENT, segmentIdOf, type TrackId } from "@shoal/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MediaPlaylist } from "./playlist.ts";
import { compareWindows } from "./window.ts";

const trackId = "0000000000000001" as TrackId;

function playlist(first: number, names: readonly string[], more: Partial<MediaPlaylist> = {}): MediaPlaylist {
  return {
    kind: "media",
    trackId,
    trackIds: [trackId],
    targetMs: 4_000,
    isComplete: false,
    mediaSequence: first,
    discontinuitySequence: 0,
    segments: names.map((name, at) => ({
      segmentId: segmentIdOf(name),
      url: name,
      range: null,
      sequence: first + at,
      timeline: 0,
      durationMs: 4_000,
    })),
    ...more,
  };
}

describe("a playlist that moves on", () => {
  it("brings what is new, each with the one before it, also where that has left the playlist", () => {
    const change = compareWindows(playlist(1, ["a", "b", "c"]), playlist(4, ["d", "e"]));
    expect(change.added.map(({ segment, previousId }) => [segment.url, previousId])).toEqual([
      ["d", segmentIdOf("c")],
      ["e", segmentIdOf("d")],
    ]);
    expect(change.gone).toEqual(["a", "b", "c"].map(segmentIdOf));
    expect(compareWindows(null, playlist(1, ["a"])).added[0]?.previousId).toBe(NO_SEGMENT);
  });

  it("never reads a segment twice while its names are new, whatever the steps", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(7), { maxLength: 30 }), (steps) => {
        const namesFrom = (first: number) => [0, 1, 2, 3, 4].map((n) => `s${first + n}`);
        let first = 0;
        let before = playlist(first, namesFrom(first));
        const read = new Set(before.segments.map((segment) => segment.segmentId));
        for (const step of steps) {
          first += step;
          const after = playlist(first, namesFrom(first));
          const change = compareWindows(before, after);
          expect(change.restarted).toBe(false);
          for (const { segment } of change.added) {
            expect(read.has(segment.segmentId)).toBe(false);
            read.add(segment.segmentId);
          }
          for (const { segmentId } of after.segments) expect(read.has(segmentId)).toBe(true);
          before = after;
        }
      }),
      { seed: 1 },
    );
  });

  it("reads a name again that comes round under a later number, and only that", () => {
    const change = compareWindows(playlist(1, ["a", "b", "c"]), playlist(2, ["b", "c", "a"]));
    expect(change.restarted).toBe(false);
    expect(change.added.map(({ segment }) => segment.url)).toEqual(["a"]);
    expect(change.gone).toEqual([segmentIdOf("a")]);
  });
});

describe("a playlist that went back", () => {
  const before = playlist(5, ["a", "b", "c"], { discontinuitySequence: 2 });
  it.each([
    ["to smaller numbers", playlist(1, ["a", "b", "c"], { discontinuitySequence: 2 })],
    ["to another recording under the same numbers", playlist(5, ["x", "y", "z"], { discontinuitySequence: 2 })],
    ["to an earlier discontinuity", playlist(6, ["b", "c", "d"], { discontinuitySequence: 1 })],
  ])("%s has everything read again", (_, after) => {
    const change = compareWindows(before, after);
    expect(change.restarted).toBe(true);
    expect(change.added).toHaveLength(after.segments.length);
    expect(change.gone).toHaveLength(3);
  });

  it("shows by a discontinuity inside the window, too", () => {
    const moved = playlist(5, ["a", "b", "c"], { discontinuitySequence: 2 });
    const segments = moved.segments.map((segment) => ({ ...segment, timeline: 1 }));
    expect(compareWindows(before, { ...moved, segments }).restarted).toBe(true);
  });
});
