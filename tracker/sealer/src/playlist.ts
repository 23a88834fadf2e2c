import {
  accept,
  type ByteRange,
  type Result,
  refuse,
  type SegmentId,
  segmentIdOf,
  segmentName,
  type TrackId,
  trackIdOf,
} from "@shoal/protocol";
import { Parser } from "m3u8-parser";

/** A multivariant playlist: the media playlists it names. */
export interface MultivariantPlaylist {
  readonly kind: "multivariant";
  /** Absolute URLs of video and audio playlists, each once. */
  readonly playlists: readonly string[];
  /** Variables that media playlists may import. */
  readonly definitions: Readonly<Record<string, string>>;
}

/** One segment of a media playlist. */
export interface ListedSegment {
  readonly segmentId: SegmentId;
  /** Absolute URL. */
  readonly url: string;
  readonly range: ByteRange | null;
  readonly sequence: number;
  /** Discontinuities before it, from the playlist's discontinuity sequence on. */
  readonly timeline: number;
  readonly durationMs: number;
}

/** A media playlist as it was at one moment. */
export interface MediaPlaylist {
  readonly kind: "media";
  /** Id of the first init segment, or of the playlist where it has none. */
  readonly trackId: TrackId;
  /** The ids of all its init segments, the first first. */
  readonly trackIds: readonly TrackId[];
  readonly targetMs: number;
  /** True once nothing will be added: VOD, or a live stream that ended. */
  readonly isComplete: boolean;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly segments: readonly ListedSegment[];
}

export type PlaylistError = "not-a-playlist";

const MAX_SEGMENTS = 50_000;
const DEFAULT_TARGET_S = 6;

/**
 * Reads a playlist. Total: any text gives a playlist or a refusal.
 *
 * @param url where it was read from, after redirects
 * @param mediaBase path that names are relative to; ends with a slash
 * @param definitions of the multivariant playlist
 */
export function readPlaylist(
  text: string,
  url: string,
  mediaBase: string,
  definitions: Readonly<Record<string, string>> = {},
): Result<MultivariantPlaylist | MediaPlaylist, PlaylistError> {
  if (!text.replace(/^\uFEFF/, "").startsWith("#EXTM3U")) {
    return refuse("not-a-playlist", "The text does not start with #EXTM3U.");
  }
  try {
    const parser = new Parser({ uri: url, mainDefinitions: { ...definitions } });
    parser.push(text);
    parser.end();
    const manifest = parser.manifest;
    if (manifest.playlists && manifest.playlists.length > 0) return accept(readMultivariant(manifest, url));
    // Cut off, or not begun: taken for a playlist, it would look as if the stream had started over.
    if (manifest.segments.length === 0) return refuse("not-a-playlist", "It lists no segment.");
    return accept(readMedia(manifest, url, mediaBase));
  } catch (error) {
    return refuse("not-a-playlist", error instanceof Error ? error.message : "The playlist cannot be read.");
  }
}

type Manifest = Parser["manifest"];
type Segment = Manifest["segments"][number];

function readMultivariant(manifest: Manifest, url: string): MultivariantPlaylist {
  const uris = (manifest.playlists ?? []).map((playlist) => playlist.uri);
  for (const type of ["AUDIO", "VIDEO"]) {
    for (const group of Object.values(manifest.mediaGroups?.[type] ?? {})) {
      for (const rendition of Object.values(group)) if (rendition.uri) uris.push(rendition.uri);
    }
  }
  const playlists = new Set(uris.filter((uri) => typeof uri === "string").map((uri) => new URL(uri, url).href));
  const definitions = (manifest.definitions ?? {}) as Readonly<Record<string, string>>;
  return { kind: "multivariant", playlists: [...playlists], definitions };
}

function readMedia(manifest: Manifest, url: string, mediaBase: string): MediaPlaylist {
  const first = whole(manifest.mediaSequence);
  const tracks = new Set<TrackId>();
  const segments = manifest.segments.slice(0, MAX_SEGMENTS).map((segment, at): ListedSegment => {
    if (segment.map?.uri) {
      tracks.add(trackIdOf(segmentName(new URL(segment.map.uri, url).href, mediaBase, rangeOf(segment.map.byterange))));
    }
    return readSegment(segment, first + at, url, mediaBase);
  });
  const trackIds = tracks.size > 0 ? [...tracks] : [trackIdOf(segmentName(url, mediaBase))];
  return {
    kind: "media",
    trackId: trackIds[0] ?? trackIdOf(segmentName(url, mediaBase)),
    trackIds,
    targetMs: Math.max(0.2, manifest.targetDuration ?? DEFAULT_TARGET_S) * 1_000,
    isComplete: manifest.endList === true,
    mediaSequence: first,
    discontinuitySequence: whole(manifest.discontinuitySequence),
    segments,
  };
}

function readSegment(segment: Segment, sequence: number, url: string, mediaBase: string): ListedSegment {
  const absolute = new URL(segment.uri, url).href;
  const range = rangeOf(segment.byterange);
  return {
    segmentId: segmentIdOf(segmentName(absolute, mediaBase, range)),
    url: absolute,
    range: range ?? null,
    sequence,
    timeline: segment.timeline ?? 0,
    durationMs: Math.max(0, segment.duration || 0) * 1_000,
  };
}

function rangeOf(byterange: { length?: number; offset?: number } | undefined): ByteRange | undefined {
  const { length, offset = 0 } = byterange ?? {};
  if (length === undefined || !Number.isSafeInteger(length) || length <= 0 || !Number.isSafeInteger(offset)) {
    return undefined;
  }
  return { first: offset, last: offset + length - 1 };
}

const whole = (value: number | undefined): number => (value !== undefined && Number.isSafeInteger(value) ? value : 0);
