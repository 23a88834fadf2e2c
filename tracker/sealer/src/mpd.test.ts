import { segmentIdOf, trackIdOf } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { isMpd, type MpdTrack, readMpd } from "./mpd.ts";

const url = "https://cdn.example/live/main.mpd";
const startMs = Date.parse("2026-01-01T00:00:00Z");
const live = `type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z" timeShiftBufferDepth="PT16S" minimumUpdatePeriod="PT4S"`;
const onDemand = `type="static" mediaPresentationDuration="PT12S"`;

/** An MPD of one video representation "v". */
function mpd(attributes: string, addressing: string, more = ""): string {
  return `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ${attributes}><Period id="a" start="PT0S">
  <AdaptationSet contentType="video" mimeType="video/mp4">
    <Representation id="v" bandwidth="1000" codecs="avc1.42c00d">${addressing}</Representation>
  </AdaptationSet></Period>${more}</MPD>`;
}

function tracksOf(text: string, atS = 0): readonly MpdTrack[] {
  const read = readMpd(text, url, "/live/", startMs + atS * 1_000);
  if (!read.ok) throw new Error(read.reason);
  return read.value;
}

const ids = (tracks: readonly MpdTrack[]): readonly string[] =>
  tracks[0]?.playlist.segments.map(({ segmentId }) => segmentId) ?? [];
const named = (...names: string[]): readonly string[] => names.map((name) => segmentIdOf(name));
const template = (rest: string, inner = ""): string =>
  `<SegmentTemplate timescale="1" initialization="$RepresentationID$/init.mp4" ${rest}>${inner}</SegmentTemplate>`;

describe("what an MPD lists", () => {
  it("has the names of hls.js' viewers: by number", () => {
    const tracks = tracksOf(
      mpd(onDemand, template(`duration="4" startNumber="7" media="$RepresentationID$/s$Number%03d$.m4s"`)),
    );
    expect(ids(tracks)).toEqual(named("v/s007.m4s", "v/s008.m4s", "v/s009.m4s"));
    expect(tracks[0]?.playlist).toMatchObject({ isComplete: true, targetMs: 4_000, trackId: trackIdOf("v/init.mp4") });
  });

  it("by time, with repeats", () => {
    const timeline = `<SegmentTimeline><S t="8" d="4" r="1"/><S d="3"/></SegmentTimeline>`;
    expect(ids(tracksOf(mpd(onDemand, template(`media="v/$Time$.m4s"`, timeline))))).toEqual(
      named("v/8.m4s", "v/12.m4s", "v/16.m4s"),
    );
  });

  it("by a list of byte ranges", () => {
    const list = `<SegmentList timescale="1" duration="4"><Initialization sourceURL="f.mp4" range="0-99"/>
      <SegmentURL media="f.mp4" mediaRange="100-199"/><SegmentURL media="f.mp4" mediaRange="200-399"/></SegmentList>`;
    const tracks = tracksOf(mpd(onDemand, list));
    expect(ids(tracks)).toEqual(named("f.mp4#100-199", "f.mp4#200-399"));
    expect(tracks[0]?.playlist.trackIds).toEqual([trackIdOf("f.mp4#0-99")]);
  });

  it("by the file's own index, which is still to be read", () => {
    const base = `<BaseURL>f.mp4</BaseURL><SegmentBase indexRange="100-199"><Initialization range="0-99"/></SegmentBase>`;
    const [track] = tracksOf(mpd(onDemand, base));
    expect(track?.index).toEqual({ url: "https://cdn.example/live/f.mp4", range: { first: 100, last: 199 } });
    expect(track?.playlist.trackIds).toEqual([trackIdOf("f.mp4#0-99")]);
  });
});

describe("a live MPD", () => {
  const numbers = template(`duration="4" startNumber="0" media="v/$Number$.m4s"`);

  it("lists what is complete by the clock, within its window", () => {
    expect(ids(tracksOf(mpd(live, numbers), 41.9))).toEqual(named("v/6.m4s", "v/7.m4s", "v/8.m4s", "v/9.m4s"));
    expect(ids(tracksOf(mpd(live, numbers), 44)).slice(-1)).toEqual(named("v/10.m4s"));
  });

  it("does not list a segment of low latency before it is whole", () => {
    const early = numbers.replace("duration", `availabilityTimeOffset="3.5" availabilityTimeComplete="false" duration`);
    expect(ids(tracksOf(mpd(live, early), 43)).slice(-1)).toEqual(named("v/9.m4s"));
  });

  it("ends a period where the next one begins, and counts on: nothing went back", () => {
    const next = `<Period id="b" start="PT40S"><AdaptationSet contentType="video" mimeType="video/mp4">
      <Representation id="v" bandwidth="1000" codecs="avc1.42c00d">${numbers.replaceAll('"v/', '"w/').replace("$RepresentationID$", "w")}</Representation>
      </AdaptationSet></Period>`;
    const [track] = tracksOf(mpd(live, numbers, next), 49);
    expect(track?.playlist.segments.map(({ segmentId }) => segmentId)).toEqual(
      named("v/8.m4s", "v/9.m4s", "w/0.m4s", "w/1.m4s"),
    );
    expect(track?.playlist.segments.map(({ sequence }) => sequence)).toEqual([32_000, 36_000, 40_000, 44_000]);
    expect(track?.playlist.trackIds).toEqual([trackIdOf("v/init.mp4"), trackIdOf("w/init.mp4")]);
  });
});

it("BaseURLs that stand in for each other give one track", () => {
  const two = mpd(onDemand, template(`duration="4" media="$Number$.m4s"`)).replace(
    "<Period",
    `<BaseURL>https://cdn.example/live/</BaseURL><BaseURL>https://other.example/live/</BaseURL><Period`,
  );
  const tracks = tracksOf(two);
  expect(tracks).toHaveLength(1);
  expect(tracks[0]?.playlist.segments[0]?.url).toBe("https://cdn.example/live/1.m4s");
});

it("text tracks are left out", () => {
  const text = mpd(onDemand, template(`duration="4" media="$Number$.m4s"`)).replaceAll("video", "text");
  expect(readMpd(text, url, "/live/", startMs).ok).toBe(false);
});

it("tells an MPD from other text, and refuses what cannot be read", () => {
  expect(isMpd(mpd(live, ""))).toBe(true);
  expect(isMpd("#EXTM3U\n<MPD>")).toBe(false);
  for (const text of ["", "<MPD", "<MPD></MPD>", "<html/>"]) {
    expect(readMpd(text, url, "/live/", startMs).ok).toBe(false);
  }
});
