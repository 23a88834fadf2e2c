import { describe, expect, it } from "vitest";
import { media } from "./loop.fixture.ts";
import { mediaPlaylistText, multivariantPlaylistText } from "./playlists.ts";

describe("a media playlist", () => {
  it("says all that is given", () => {
    const text = mediaPlaylistText({
      targetDurationSeconds: 4,
      mediaSequence: 7,
      discontinuitySequence: 2,
      map: { uri: "media.mp4", byteRange: { offset: 0, length: 800 } },
      segments: [
        {
          uri: "media.mp4",
          durationSeconds: 4,
          programDateTimeMs: 1000,
          discontinuity: true,
          byteRange: { offset: 800, length: 100 },
          key: { uri: "key.bin", ivHex: "00ff" },
        },
      ],
      ended: true,
    });
    expect(text.split("\n")).toEqual([
      "#EXTM3U",
      "#EXT-X-VERSION:7",
      "#EXT-X-INDEPENDENT-SEGMENTS",
      "#EXT-X-TARGETDURATION:4",
      "#EXT-X-MEDIA-SEQUENCE:7",
      "#EXT-X-DISCONTINUITY-SEQUENCE:2",
      "#EXT-X-PLAYLIST-TYPE:VOD",
      '#EXT-X-MAP:URI="media.mp4",BYTERANGE="800@0"',
      "#EXT-X-DISCONTINUITY",
      '#EXT-X-KEY:METHOD=AES-128,URI="key.bin",IV=0x00ff',
      "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:01.000Z",
      "#EXTINF:4.00000,",
      "#EXT-X-BYTERANGE:100@800",
      "media.mp4",
      "#EXT-X-ENDLIST",
      "",
    ]);
  });
});

describe("a multivariant playlist", () => {
  it("offers the sound beside each picture and claims at least the peak of both", () => {
    const text = multivariantPlaylistText(
      media.renditions.filter(({ kind, codecs }) => kind !== "muxed" && !codecs.startsWith("vp")),
    );
    expect(text).toContain('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound"');
    expect(text.match(/AUDIO="sound"/g)).toHaveLength(3);
    expect(text).toMatch(/BANDWIDTH=(1[45]\d{5}),.*CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=640x360/);
  });

  it("of muxed renditions has no sound of its own", () => {
    expect(multivariantPlaylistText(media.renditions.filter(({ kind }) => kind === "muxed"))).not.toContain("AUDIO=");
  });
});
