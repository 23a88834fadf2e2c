import type { Fragment, LevelDetails } from "hls.js";
import { M3U8Parser } from "hls.js";

/** Reads a media playlist with hls.js' own parser. */
export function readPlaylist(
  lines: readonly string[],
  { url = "https://cdn/show/v/index.m3u8", kind = "main", level = 0 } = {},
): LevelDetails {
  const text = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:4", ...lines].join("\n");
  return M3U8Parser.parseLevelPlaylist(text, url, level, kind as never, 0, null);
}

/** Lines for segments `s<first>.m4s` and on, of four seconds each. */
export function segments(first: number, count: number): readonly string[] {
  return [
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    '#EXT-X-MAP:URI="init.mp4"',
    ...Array.from({ length: count }, (_, at) => ["#EXTINF:4,", `s${first + at}.m4s`]).flat(),
  ];
}

export function fragmentAt(details: LevelDetails, at: number): Fragment {
  const fragment = details.fragments[at];
  if (!fragment) throw new Error(`The playlist has no fragment ${at}.`);
  return fragment;
}
