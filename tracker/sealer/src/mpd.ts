import {
  accept,
  type ByteRange,
  type Result,
  refuse,
  segmentIdOf,
  segmentName,
  type TrackId,
  trackIdOf,
} from "@shoal/protocol";
import mpdParser, { type ByteRangeOf, type ParsedRepresentation, type ParsedSegment } from "mpd-parser";
import type { ListedSegment, MediaPlaylist, PlaylistError } from "./playlist.ts";

// The package is CommonJS under Node: it has no named exports there.
const { inheritAttributes, stringToMpdXml, toPlaylists } = mpdParser;

/** Where a file's own index lies. */
export interface IndexPlace {
  readonly url: string;
  readonly range: ByteRange;
}

/** One rendition through all periods. */
export interface MpdTrack {
  /** Representation@id. */
  readonly name: string;
  readonly playlist: MediaPlaylist;
  /** Where its segments are listed in the file itself; `playlist` has none then. */
  readonly index: IndexPlace | null;
}

const MAX_SEGMENTS = 50_000;
const DEFAULT_TARGET_MS = 6_000;

/** True for the text of an MPD, whatever its name. */
export function isMpd(text: string): boolean {
  return /^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:\w+:)?MPD[\s>]/.test(text);
}

/**
 * Reads an MPD: of a live one only the segments that are complete. Total: any text gives tracks or a refusal.
 *
 * @param url where it was read from, after redirects
 * @param mediaBase path that names are relative to; ends with a slash
 * @param nowMs milliseconds since 1970: segments of a template appear by the clock
 */
export function readMpd(
  text: string,
  url: string,
  mediaBase: string,
  nowMs: number,
): Result<readonly MpdTrack[], PlaylistError> {
  try {
    const { representationInfo } = inheritAttributes(stringToMpdXml(text), { manifestUri: url, NOW: nowMs });
    const all = toPlaylists(representationInfo).filter(isMedia);
    const starts = [...new Set(all.map(({ attributes }) => attributes.periodStart ?? 0))].sort((a, b) => a - b);
    const renditions = new Map<string, ParsedRepresentation[]>();
    for (const one of all) {
      const parts = renditions.get(one.attributes.id ?? "") ?? [];
      renditions.set(one.attributes.id ?? "", parts);
      // Several BaseURLs give a copy each: the first is the one that viewers begin with.
      if (!parts.some(({ attributes }) => attributes.periodStart === one.attributes.periodStart)) parts.push(one);
    }
    if (renditions.size === 0) return refuse("not-a-playlist", "It lists no representation of video or audio.");
    return accept([...renditions].map(([name, parts]) => readTrack(name, parts, { starts, url, mediaBase, nowMs })));
  } catch (error) {
    return refuse("not-a-playlist", error instanceof Error ? error.message : "The MPD cannot be read.");
  }
}

interface Reading {
  readonly starts: readonly number[];
  readonly url: string;
  readonly mediaBase: string;
  readonly nowMs: number;
}

function readTrack(name: string, parts: readonly ParsedRepresentation[], reading: Reading): MpdTrack {
  const { starts, url, mediaBase, nowMs } = reading;
  const isComplete = parts[0]?.attributes.type !== "dynamic";
  const tracks = new Set<TrackId>();
  const segments: ListedSegment[] = [];
  let index: IndexPlace | null = null;
  for (const { attributes, segments: listed, sidx } of parts) {
    const nextStart = starts.find((start) => start > (attributes.periodStart ?? 0)) ?? Number.POSITIVE_INFINITY;
    tracks.add(trackOf(sidx?.map ?? listed[0]?.map, `${url}/${name}`, mediaBase));
    const range = rangeOf(sidx?.byterange);
    if (sidx && range) index = { url: sidx.resolvedUri, range };
    for (const segment of listed) {
      const endMs = (attributes.availabilityStartTime ?? 0) + (segment.presentationTime + segment.duration) * 1_000;
      // mpd-parser lets the last but one period of a live presentation run on.
      if (segment.presentationTime >= nextStart - 0.001 || (!isComplete && endMs > nowMs)) continue;
      if (segments.length < MAX_SEGMENTS) segments.push(readSegment(segment, attributes.periodStart ?? 0, mediaBase));
    }
  }
  const trackIds = [...tracks];
  return { name, index, playlist: playlistOf(trackIds, segments, isComplete) };
}

/** The playlist of a track. The place in time stands for a sequence number: it never goes back while a stream lasts. */
export function playlistOf(
  trackIds: readonly TrackId[],
  segments: readonly ListedSegment[],
  isComplete: boolean,
): MediaPlaylist {
  const [trackId] = trackIds;
  if (trackId === undefined) throw new Error("A track has an id.");
  return {
    kind: "media",
    trackId,
    trackIds,
    targetMs: segments.reduce((most, { durationMs }) => Math.max(most, durationMs), 0) || DEFAULT_TARGET_MS,
    isComplete,
    mediaSequence: segments[0]?.sequence ?? 0,
    discontinuitySequence: 0,
    segments,
  };
}

function readSegment(segment: ParsedSegment, periodStart: number, mediaBase: string): ListedSegment {
  const range = rangeOf(segment.byterange);
  return {
    segmentId: segmentIdOf(segmentName(segment.resolvedUri, mediaBase, range)),
    url: segment.resolvedUri,
    range: range ?? null,
    sequence: Math.round(segment.presentationTime * 1_000),
    timeline: periodStart,
    durationMs: segment.duration * 1_000,
  };
}

function trackOf(map: ParsedSegment["map"], own: string, mediaBase: string): TrackId {
  return trackIdOf(
    map?.resolvedUri ? segmentName(map.resolvedUri, mediaBase, rangeOf(map.byterange)) : segmentName(own, mediaBase),
  );
}

function rangeOf(byterange: ByteRangeOf | undefined): ByteRange | undefined {
  if (!byterange) return undefined;
  const first = Number(byterange.offset);
  const last = first + Number(byterange.length) - 1;
  return Number.isSafeInteger(first) && Number.isSafeInteger(last) && last >= first ? { first, last } : undefined;
}

function isMedia({ attributes: { mimeType = "", contentType = "" } }: ParsedRepresentation): boolean {
  return /^(video|audio)/.test(mimeType || contentType);
}
