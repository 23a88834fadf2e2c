import { SegmentNames } from "@shoal/core";
import { segmentIdOf } from "@shoal/protocol/names";
import Hls from "hls.js";
import { describe, expect, it } from "vitest";
import { furtherSegments, readFreshPlaylist } from "./fresh-playlist.ts";
import { readPlaylist, segments } from "./playlist.fixture.ts";
import { Playlists } from "./playlists.ts";

const URL_OF = "https://cdn/show/v/index.m3u8";
const text = (lines: readonly string[]): string => ["#EXTM3U", "#EXT-X-TARGETDURATION:4", ...lines].join("\n");
const names = (found: ReturnType<typeof furtherSegments>): string[] => found.map(({ url }) => url.slice(19));

describe("a playlist read between hls.js' own reloads", () => {
  it("tells which segments follow, with their places and lengths", () => {
    const found = furtherSegments(text(segments(7, 5)), URL_OF, 9);
    expect(found).toEqual([
      { url: "https://cdn/show/v/s10.m4s", range: null, durationMs: 4000 },
      { url: "https://cdn/show/v/s11.m4s", range: null, durationMs: 4000 },
    ]);
  });

  it("tells nothing where it is older, or no playlist", () => {
    expect(furtherSegments(text(segments(5, 3)), URL_OF, 9)).toEqual([]);
    expect(furtherSegments("<html>", URL_OF, 0)).toEqual([]);
  });

  for (const line of ["#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="other.mp4"', "#EXT-X-KEY:METHOD=NONE", "#EXT-X-GAP"]) {
    it(`stops before ${line}: what follows is hls.js' to understand`, () => {
      const lines = [...segments(7, 4), line, "#EXTINF:4,", "s11.m4s"];
      expect(names(furtherSegments(text(lines), URL_OF, 9))).toEqual(["s10.m4s"]);
      const before = [line, ...segments(7, 4)];
      expect(names(furtherSegments(text(before), URL_OF, 9))).toEqual(["s10.m4s"]);
    });
  }

  it("follows byte ranges, also those that begin where the last known one ended", () => {
    const part = (at: string): string[] => ["#EXTINF:4,", `#EXT-X-BYTERANGE:${at}`, "all.mp4"];
    const lines = ["#EXT-X-MEDIA-SEQUENCE:1", ...part("100@0"), ...part("50"), ...part("70")];
    const found = furtherSegments(text(lines), URL_OF, 1, 100);
    expect(found.map(({ range }) => range)).toEqual([
      { first: 100, last: 149 },
      { first: 150, last: 219 },
    ]);
  });
});

describe("the timeline", () => {
  const open = (): Playlists => new Playlists(new SegmentNames({ mediaBase: "/show/", segmentId: null }));
  const idsOf = (timeline: { readonly segments: readonly { readonly id: string }[] } | null): string[] =>
    (timeline?.segments ?? []).map(({ id }) => id);
  const ids = (first: number, count: number): string[] =>
    Array.from({ length: count }, (_, at) => segmentIdOf(`v/s${first + at}.m4s`));

  it("grows by what was found, once, and keeps it while hls.js is shown an older playlist", () => {
    const playlists = open();
    const before = playlists.update(readPlaylist(segments(7, 3)));
    const trackId = before?.trackId;
    if (!trackId) throw new Error("The playlist has a track.");
    expect(idsOf(playlists.extend(trackId, text(segments(7, 4))))).toEqual(ids(7, 4));
    expect(playlists.extend(trackId, text(segments(7, 4)))).toBeNull();
    expect(idsOf(playlists.update(readPlaylist(segments(7, 3))))).toEqual(ids(7, 4));
    expect(idsOf(playlists.update(readPlaylist(segments(8, 3))))).toEqual(ids(8, 3));
    expect(idsOf(playlists.extend(trackId, text(segments(8, 5))))).toEqual(ids(8, 5));
    expect(idsOf(playlists.update(readPlaylist(segments(1, 3))))).toEqual(ids(1, 3));
  });

  it("places what was found, and has a fragment to ask the CDN through", () => {
    const playlists = open();
    const trackId = playlists.update(readPlaylist(segments(7, 3)))?.trackId;
    if (!trackId) throw new Error("The playlist has a track.");
    const [found] = playlists.extend(trackId, text(segments(7, 4)))?.segments.slice(-1) ?? [];
    expect(found).toMatchObject({ previousId: ids(9, 1)[0], startMs: 12_000, durationMs: 4000 });
    expect(playlists.fragmentOf(ids(10, 1)[0] as never)?.sn).toBe(9);
  });

  it("is not read anew on demand, nor where the server holds reloads back until there is news", () => {
    const playlists = open();
    const onDemand = playlists.update(readPlaylist([...segments(7, 3), "#EXT-X-ENDLIST"]))?.trackId;
    if (onDemand) expect(playlists.readable(onDemand)).toBeNull();
    const lowLatency = ["#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3", ...segments(7, 3)];
    const blocking = playlists.update(readPlaylist(lowLatency))?.trackId;
    if (blocking) expect(playlists.readable(blocking)).toBeNull();
  });
});

it("a playlist loader that throws costs nothing", () => {
  const config = {
    ...Hls.DefaultConfig,
    pLoader: class {
      constructor() {
        throw new Error("not now");
      }
    },
  };
  expect(() => readFreshPlaylist(config as never, { url: URL_OF }, "level", () => {})).not.toThrow();
});
