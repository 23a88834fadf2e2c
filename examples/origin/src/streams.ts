import { aesKey, encryptSegment, segmentIvHex } from "./encryption.ts";
import { segmentBytes, segmentSizeBytes, segmentTime } from "./endless.ts";
import {
  discontinuitiesBefore,
  isDiscontinuity,
  type LiveClock,
  listedSegments,
  newestIndex,
  originTimeMs,
  servedSegment,
} from "./live-window.ts";
import type { Media, Rendition } from "./media.ts";
import { type Mpd, type MpdPeriod, mpdText, webmMpdText } from "./mpd.ts";
import { byIndex, byList, byTime } from "./mpd-addressing.ts";
import { mediaPlaylistText, multivariantPlaylistText, type PlaylistSegment } from "./playlists.ts";
import { bytesResource, joinedResource, type Resource, textResource } from "./resource.ts";
import { sidxBox, sidxBytes } from "./sidx.ts";

/** All that decides what a path serves. */
export interface StreamState {
  readonly media: Media;
  readonly clock: LiveClock;
  readonly nowMs: number;
  readonly vodSegments: number;
}

interface Stream {
  readonly live: boolean;
  readonly renditions: readonly string[];
  readonly packaging: "cmaf" | "ts" | "one-file" | "encrypted" | "webm";
}

const cmaf = ["v144", "v270", "v360", "a64"];
const streams: Readonly<Record<string, Stream>> = {
  live: { live: true, renditions: cmaf, packaging: "cmaf" },
  vod: { live: false, renditions: cmaf, packaging: "cmaf" },
  ts: { live: true, renditions: ["muxed300"], packaging: "ts" },
  "vod-ts": { live: false, renditions: ["muxed300"], packaging: "ts" },
  "vod-range": { live: false, renditions: cmaf, packaging: "one-file" },
  vp9: { live: true, renditions: ["vp144"], packaging: "cmaf" },
  "vod-vp9": { live: false, renditions: ["vp144"], packaging: "cmaf" },
  "vod-webm": { live: false, renditions: [], packaging: "webm" },
  "vod-aes": { live: false, renditions: ["v144", "a64"], packaging: "encrypted" },
};

const WEBM_NAME = "vp144.webm";

const hlsType = "application/vnd.apple.mpegurl";

/** Whether a path lies in one of the streams, whatever is there. */
export function isStreamPath(path: string): boolean {
  return Object.hasOwn(streams, path.split("/")[1] ?? "");
}

/** What a path serves at `state.nowMs`; undefined: nothing, a 404. */
export function streamResource(path: string, state: StreamState): Resource | undefined {
  const [, name = "", ...rest] = path.split("/");
  const stream = Object.hasOwn(streams, name) ? streams[name] : undefined;
  if (stream === undefined) return undefined;
  const renditions = state.media.renditions.filter((rendition) => stream.renditions.includes(rendition.name));
  const [first = "", second, third] = rest;
  if (stream.packaging === "webm") return second === undefined ? webmResource(first, state.media) : undefined;
  if (second === undefined) return topResource(first, stream, renditions, state);
  const rendition = renditions.find((one) => one.name === first);
  return rendition === undefined || third !== undefined ? undefined : fileOf(rendition, second, stream, state);
}

function topResource(file: string, stream: Stream, renditions: readonly Rendition[], state: StreamState) {
  if (file === "master.m3u8") return textResource(hlsType, multivariantPlaylistText(renditions));
  if (file === "key.bin" && stream.packaging === "encrypted") {
    return bytesResource("manifest", "application/octet-stream", aesKey);
  }
  const mpd = mpdOf(file, stream, renditions, state);
  return mpd === undefined ? undefined : textResource("application/dash+xml", mpd);
}

/** Engines of 2018 play VP9 in WebM alone. */
function webmResource(file: string, { webm }: Media): Resource | undefined {
  if (file === WEBM_NAME)
    return joinedResource("video/webm", [{ sizeBytes: webm.bytes.length, bytes: () => webm.bytes }]);
  return file === "master.mpd" ? textResource("application/dash+xml", webmMpdText(WEBM_NAME, webm)) : undefined;
}

function mpdOf(file: string, { live, packaging }: Stream, renditions: readonly Rendition[], state: StreamState) {
  const { clock, nowMs, media, vodSegments } = state;
  if (packaging === "one-file" && file === "master.mpd") {
    return vodMpd(renditions, state, { addressing: byIndex((rendition) => placesIn(rendition, vodSegments)) });
  }
  if (packaging !== "cmaf") return undefined;
  if (!live) {
    const times = byTime((rendition) => numbers(vodSegments).map((number) => segmentTime(rendition, number)));
    if (file === "master.mpd") return vodMpd(renditions, state);
    if (file === "timeline.mpd") return vodMpd(renditions, state, { addressing: times });
    if (file === "list.mpd")
      return vodMpd(renditions, state, { addressing: byList(media.segmentSeconds, vodSegments) });
    if (file !== "periods.mpd") return undefined;
    return vodMpd(renditions, state, {
      periods: [0, 4].map((firstNumber) => periodAt(firstNumber, media.segmentSeconds)),
    });
  }
  // A template cannot express names that come back, nor one timeline a restart.
  if (clock.cyclicNames !== undefined) return undefined;
  if (file === "master.mpd") return liveMpd(renditions, state);
  if (file !== "timeline.mpd" || clock.runs.length > 1) return undefined;
  const listed = listedSegments(clock, nowMs);
  return liveMpd(
    renditions,
    state,
    byTime((rendition) => listed.map(({ number }) => segmentTime(rendition, number))),
  );
}

function periodAt(firstNumber: number, segmentSeconds: number): MpdPeriod {
  return { startSeconds: firstNumber * segmentSeconds, firstNumber };
}

function fileOf(rendition: Rendition, file: string, stream: Stream, state: StreamState): Resource | undefined {
  const oneFile = stream.packaging === "one-file";
  const contentType = rendition.kind === "muxed" ? "video/mp2t" : `${rendition.kind}/mp4`;
  if (file === "index.m3u8") {
    return textResource(hlsType, stream.live ? livePlaylist(rendition, state) : vodPlaylist(rendition, stream, state));
  }
  if (file === "media.mp4" && oneFile) return wholeFile(rendition, contentType, state.vodSegments);
  if (oneFile) return undefined;
  if (file === "init.mp4" && rendition.kind !== "muxed") return bytesResource("manifest", contentType, rendition.init);
  const match = /^(seg|time)-(0|[1-9]\d{0,14})\.(m4s|ts)$/.exec(file);
  if (match === null || match[3] !== extensionOf(rendition)) return undefined;
  const number = match[1] === "seg" ? Number(match[2]) : numberAt(rendition, Number(match[2]));
  if (number === undefined) return undefined;
  const bytes = stream.live ? liveBytes(rendition, number, state) : vodBytes(rendition, number);
  if (bytes === undefined || (!stream.live && number >= state.vodSegments)) return undefined;
  const served = stream.packaging === "encrypted" ? encryptSegment(bytes, number) : bytes;
  return bytesResource("media", contentType, served);
}

/** The segment that begins at a time of its encoding's clock. */
function numberAt(rendition: Rendition, startTicks: number): number | undefined {
  const first = rendition.segmentTicks[0] ?? 1;
  const near = Math.round(startTicks / first);
  return [near - 1, near, near + 1].find(
    (number) => number >= 0 && segmentTime(rendition, number).startTicks === startTicks,
  );
}

function liveBytes(rendition: Rendition, nameNumber: number, { clock, nowMs }: StreamState): Uint8Array | undefined {
  const segment = servedSegment(clock, nowMs, nameNumber);
  return segment && segmentBytes(rendition, segment.number, segment.run.variant);
}

function vodBytes(rendition: Rendition, number: number): Uint8Array {
  return segmentBytes(rendition, number);
}

function wholeFile(rendition: Rendition, contentType: string, count: number): Resource {
  const init = { sizeBytes: rendition.init.byteLength, bytes: () => rendition.init };
  const segments = numbers(count).map((number) => ({
    sizeBytes: segmentSizeBytes(rendition, number),
    bytes: () => segmentBytes(rendition, number),
  }));
  const index = { sizeBytes: sidxBytes(count), bytes: () => indexOf(rendition, count) };
  return joinedResource(contentType, [init, index, ...segments]);
}

function indexOf(rendition: Rendition, count: number): Uint8Array {
  const entries = numbers(count).map((number) => ({
    sizeBytes: segmentSizeBytes(rendition, number),
    durationTicks: segmentTime(rendition, number).durationTicks,
  }));
  return sidxBox(rendition.timescale, entries);
}

/** Where init segment and index lie in the one file of a rendition. */
function placesIn({ init }: Rendition, count: number) {
  return {
    init: { offset: 0, length: init.byteLength },
    index: { offset: init.byteLength, length: sidxBytes(count) },
  };
}

function livePlaylist(rendition: Rendition, { clock, nowMs, media }: StreamState): string {
  const listed = listedSegments(clock, nowMs);
  const loopSegments = rendition.kind === "muxed" ? media.segmentsPerLoop : undefined;
  const segments = listed.map(({ index, number, nameNumber, run }): PlaylistSegment => {
    const { startTicks, durationTicks } = segmentTime(rendition, number, run.variant);
    const runStartMs = originTimeMs(clock) + (run.firstIndex - run.firstNumber) * clock.segmentMs;
    return {
      uri: `seg-${nameNumber}.${extensionOf(rendition)}`,
      durationSeconds: durationTicks / rendition.timescale,
      programDateTimeMs: runStartMs + (startTicks / rendition.timescale) * 1000,
      discontinuity: isDiscontinuity(clock, index, loopSegments),
    };
  });
  const firstIndex = listed[0]?.index ?? 0;
  return mediaPlaylistText({
    targetDurationSeconds: media.segmentSeconds,
    mediaSequence: firstIndex,
    discontinuitySequence: discontinuitiesBefore(clock, firstIndex, loopSegments),
    ...(rendition.kind === "muxed" ? {} : { map: { uri: "init.mp4" } }),
    segments,
    ended: false,
  });
}

function vodPlaylist(rendition: Rendition, { packaging }: Stream, { media, vodSegments }: StreamState): string {
  const oneFile = packaging === "one-file";
  let offset = rendition.init.byteLength + sidxBytes(vodSegments);
  const segments = numbers(vodSegments).map((number): PlaylistSegment => {
    const length = segmentSizeBytes(rendition, number);
    const byteRange = { offset, length };
    offset += length;
    return {
      uri: oneFile ? "media.mp4" : `seg-${number}.${extensionOf(rendition)}`,
      durationSeconds: segmentTime(rendition, number).durationTicks / rendition.timescale,
      discontinuity: packaging === "ts" && number > 0 && number % media.segmentsPerLoop === 0,
      ...(oneFile ? { byteRange } : {}),
      ...(packaging === "encrypted" ? { key: { uri: "../key.bin", ivHex: segmentIvHex(number) } } : {}),
    };
  });
  const map = oneFile
    ? { uri: "media.mp4", byteRange: { offset: 0, length: rendition.init.byteLength } }
    : { uri: "init.mp4" };
  return mediaPlaylistText({
    targetDurationSeconds: media.segmentSeconds,
    mediaSequence: 0,
    ...(packaging === "ts" ? {} : { map }),
    segments,
    ended: true,
  });
}

function liveMpd(
  renditions: readonly Rendition[],
  { clock, nowMs, media: { segmentSeconds } }: StreamState,
  addressing?: Mpd["addressing"],
): string {
  const oldest = newestIndex(clock, nowMs) - clock.windowSegments + 1;
  const current = clock.runs.filter((_, position) => (clock.runs[position + 1]?.firstIndex ?? Infinity) > oldest);
  const periods = current.map(
    ({ firstIndex, firstNumber }): MpdPeriod => ({ startSeconds: firstIndex * segmentSeconds, firstNumber }),
  );
  return mpdText({
    renditions,
    segmentSeconds,
    ...(addressing ? { addressing } : {}),
    periods,
    timing: {
      type: "dynamic",
      availabilityStartMs: originTimeMs(clock),
      nowMs,
      windowSeconds: clock.windowSegments * segmentSeconds,
    },
  });
}

function vodMpd(
  renditions: readonly Rendition[],
  { media: { segmentSeconds }, vodSegments }: StreamState,
  more: Partial<Pick<Mpd, "addressing" | "periods">> = {},
): string {
  const periods = [{ startSeconds: 0, firstNumber: 0 }];
  const timing = { type: "static", durationSeconds: vodSegments * segmentSeconds } as const;
  return mpdText({ renditions, segmentSeconds, periods, timing, ...more });
}

function extensionOf(rendition: Rendition): string {
  return rendition.kind === "muxed" ? "ts" : "m4s";
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}
