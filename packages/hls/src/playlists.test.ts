import { type Naming, SegmentNames } from "@shoal/core";
import { NO_SEGMENT, segmentIdOf, trackIdOf } from "@shoal/protocol/names";
import { expect, it } from "vitest";
import { fragmentAt, readPlaylist, segments } from "./playlist.fixture.ts";
import { Playlists, rangeOf } from "./playlists.ts";

function open(naming: Partial<Naming> = {}): Playlists {
  return new Playlists(new SegmentNames({ mediaBase: "/show/", segmentId: null, ...naming }));
}

it("names segments by their path under the media base, whatever host and token they come with", () => {
  const one = open().update(readPlaylist(segments(7, 2)));
  const url = "https://other-host/show/v/index.m3u8?token=abc";
  const lines = segments(7, 2).map((line) => line.replace(/^(s\d+\.m4s)$/, "$1?token=abc"));
  const other = open().update(readPlaylist(lines, { url }));
  expect(one?.segments.map(({ id }) => id)).toEqual([segmentIdOf("v/s7.m4s"), segmentIdOf("v/s8.m4s")]);
  expect(other?.segments.map(({ id }) => id)).toEqual(one?.segments.map(({ id }) => id));
  expect(other?.trackId).toBe(one?.trackId);
});

it("lets the integrator name segments, and keeps their ranges apart", () => {
  const segmentId = (url: string): string => url.replace(/.*\/session-\d+\//, "");
  const lines = ["#EXTINF:4,", "#EXT-X-BYTERANGE:100@0", "all.ts", "#EXTINF:4,", "#EXT-X-BYTERANGE:50", "all.ts"];
  const read = (session: string): readonly string[] | undefined =>
    open({ segmentId })
      .update(readPlaylist(lines, { url: `https://cdn/show/${session}/v.m3u8` }))
      ?.segments.map(({ id }) => id);
  expect(read("session-1")).toEqual([segmentIdOf("all.ts#0-99"), segmentIdOf("all.ts#100-149")]);
  expect(read("session-2")).toEqual(read("session-1"));
});

it("gives byte ranges as the playlist says them, both ends inclusive", () => {
  const details = readPlaylist(["#EXTINF:4,", "#EXT-X-BYTERANGE:100@50", "all.mp4", "#EXTINF:4,", "b.mp4"]);
  expect(rangeOf(fragmentAt(details, 0))).toEqual({ first: 50, last: 149 });
  expect(rangeOf(fragmentAt(details, 1))).toBeNull();
});

it("takes the init segment as the track, with its range, and the playlist where there is none", () => {
  const lines = ['#EXT-X-MAP:URI="all.mp4",BYTERANGE="700@0"', "#EXTINF:4,", "#EXT-X-BYTERANGE:10@700", "all.mp4"];
  expect(open().update(readPlaylist(lines))?.trackId).toBe(trackIdOf("v/all.mp4#0-699"));
  expect(open().update(readPlaylist(["#EXTINF:4,", "a.ts"]))?.trackId).toBe(trackIdOf("v/index.m3u8"));
});

it("says what a playlist is: live or not, its numbers, each segment's place and predecessor", () => {
  const timeline = open().update(readPlaylist(segments(7, 2)));
  expect(timeline).toMatchObject({ live: true, targetDurationMs: 4000, firstNumber: 7, continues: null });
  expect(timeline?.segments).toMatchObject([
    { previousId: NO_SEGMENT, startMs: 0, durationMs: 4000, url: "https://cdn/show/v/s7.m4s", range: null },
    { previousId: segmentIdOf("v/s7.m4s"), startMs: 4000 },
  ]);
  expect(open().update(readPlaylist([...segments(7, 2), "#EXT-X-ENDLIST"]))?.live).toBe(false);
});

it("continues the track under a new init segment, for every segment of the playlist alike", () => {
  const details = readPlaylist([
    ...segments(7, 1),
    "#EXT-X-DISCONTINUITY",
    '#EXT-X-MAP:URI="init-2.mp4"',
    "#EXTINF:4,",
    "n1.m4s",
  ]);
  const playlists = open();
  const timeline = playlists.update(details);
  expect(timeline).toMatchObject({ trackId: trackIdOf("v/init-2.mp4"), continues: trackIdOf("v/init.mp4") });
  const loaded = playlists.segmentOf(fragmentAt(details, 0));
  expect(loaded?.trackId, "what is loaded belongs to the track that is announced").toBe(timeline?.trackId);
});

it("does not list what the playlist says is missing", () => {
  const details = readPlaylist([...segments(7, 1), "#EXTINF:4,", "#EXT-X-GAP", "gone.m4s", "#EXTINF:4,", "s9.m4s"]);
  const playlists = open();
  expect(playlists.update(details)?.segments.map(({ url }) => url.slice(-7))).toEqual(["/s7.m4s", "/s9.m4s"]);
  expect(playlists.segmentOf(fragmentAt(details, 1))).toBeNull();
});

it("goes on listing what hls.js marks as a gap for a while, or it would seem gone and come again", () => {
  const details = readPlaylist(segments(7, 3));
  fragmentAt(details, 1).gap = true;
  expect(open().update(details)?.segments).toHaveLength(3);
});

it("knows fragments by identity: level indices may change, and other players' fragments are strangers", () => {
  const playlists = open();
  const details = readPlaylist(segments(7, 2), { level: 2 });
  playlists.update(details);
  const fragment = fragmentAt(details, 0);
  fragment.level = 0;
  expect(playlists.segmentOf(fragment)?.id).toBe(segmentIdOf("v/s7.m4s"));
  expect(playlists.segmentOf(fragmentAt(readPlaylist(segments(7, 2)), 0))).toBeNull();
});

it("lets no level index into what leaves the viewer", () => {
  const at = (level: number): string => {
    const playlists = open();
    const details = readPlaylist(segments(7, 2), { level });
    return JSON.stringify([playlists.update(details), playlists.segmentOf(fragmentAt(details, 1))]);
  };
  expect(at(3)).toBe(at(0));
});

it("gives a segment's place as hls.js sees it when it is loaded, not when it was listed", () => {
  const playlists = open();
  const details = readPlaylist(segments(7, 2));
  playlists.update(details);
  const fragment = fragmentAt(details, 1);
  fragment.setStart(104.5);
  expect(playlists.segmentOf(fragment)?.startMs).toBe(104_500);
});

it("finds the fragment behind a segment that was never loaded, until its playlist drops it", () => {
  const playlists = open();
  const before = readPlaylist(segments(7, 3));
  playlists.update(before);
  expect(playlists.fragmentOf(segmentIdOf("v/s7.m4s"))).toBe(fragmentAt(before, 0));
  playlists.update(readPlaylist(segments(8, 3)));
  expect(playlists.fragmentOf(segmentIdOf("v/s7.m4s"))).toBeNull();
});

it("renditions that share an init segment are one track of all their segments: none seems to leave at a switch", () => {
  const playlists = open();
  const low = segments(7, 2).map((line) => line.replace("init.mp4", "../init.mp4"));
  const first = playlists.update(readPlaylist(low, { url: "https://cdn/show/low/index.m3u8" }));
  expect(first?.firstNumber).toBe(7);
  const both = playlists.update(readPlaylist(low, { url: "https://cdn/show/high/index.m3u8" }));
  expect(both?.trackId).toBe(first?.trackId);
  expect(both?.segments.map(({ url }) => url.slice(17))).toEqual([
    "low/s7.m4s",
    "low/s8.m4s",
    "high/s7.m4s",
    "high/s8.m4s",
  ]);
  expect(both?.firstNumber, "numbers of several playlists say nothing of a restart").toBeNull();
});

it("says nothing of a playlist that lists nothing", () => {
  expect(open().update(readPlaylist(["#EXT-X-MEDIA-SEQUENCE:0"]))).toBeNull();
});
