import { encryptedInit, encryptedSegment } from "./cenc.ts";
import { aesKey, encryptSegment, segmentIvHex } from "./encryption.ts";
import { numbers, segmentBytes, segmentSizeBytes, segmentTime } from "./endless.ts";
import {
  discontinuitiesBefore,
  isDiscontinuity,
  type LiveClock,
  listedSegments,
  originTimeMs,
  servedSegment,
} from "./live-window.ts";
import { inLanguage, type Media, type Rendition } from "./media.ts";
import { webmMpdText } from "./mpd.ts";
import { mediaPlaylistText, multivariantPlaylistText, type PlaylistSegment } from "./playlists.ts";
import { bytesResource, joinedResource, type Resource, textResource } from "./resource.ts";
import { sidxBox, sidxBytes } from "./sidx.ts";
import { type Steering, steeringText } from "./steering.ts";
import { mpdOf } from "./stream-mpds.ts";
import { subtitleInit, subtitleSegment } from "./subtitles.ts";

/** All that decides what a path serves. */
export interface StreamState {
  readonly media: Media;
  readonly clock: LiveClock;
  readonly nowMs: number;
  readonly vodSegments: number;
  /** Absent: there is no content steering. */
  readonly steering?: Steering;
}

/** One stream. */
export interface Stream {
  readonly live: boolean;
  readonly renditions: readonly string[];
  readonly packaging: "cmaf" | "ts" | "one-file" | "encrypted" | "cenc" | "webm";
  /** Further languages of its sound. */
  readonly dubs?: readonly string[];
  /** Representation id of its subtitles, which are in English. */
  readonly subtitles?: string;
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
  "vod-languages": {
    live: false,
    renditions: ["v144", "a64"],
    packaging: "cmaf",
    dubs: ["es"],
    subtitles: "words",
  },
  "vod-cenc": { live: false, renditions: ["v144", "a64"], packaging: "cenc" },
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
  const renditions = renditionsOf(stream, state.media);
  const [first = "", second, third] = rest;
  if (stream.packaging === "webm") return second === undefined ? webmResource(first, state.media) : undefined;
  if (second === undefined) return topResource(path, stream, renditions, state);
  if (stream.subtitles === first) return third === undefined ? subtitleFile(second, state) : undefined;
  const rendition = renditions.find((one) => one.name === first);
  return rendition === undefined || third !== undefined ? undefined : fileOf(rendition, second, stream, state);
}

function renditionsOf({ renditions, dubs = [] }: Stream, media: Media): readonly Rendition[] {
  const named = media.renditions.filter(({ name }) => renditions.includes(name));
  if (dubs.length === 0) return named;
  const sound = named.filter(({ kind }) => kind === "audio");
  const others = dubs.flatMap((language) => sound.map((rendition) => inLanguage(rendition, language)));
  return [...named.map((one) => (one.kind === "audio" ? { ...one, language: "en" } : one)), ...others];
}

/** HLS has neither `stpp` nor this way to say a ClearKey. */
function hasPlaylists({ packaging, subtitles }: Stream): boolean {
  return packaging !== "cenc" && subtitles === undefined;
}

function subtitleFile(file: string, { media, vodSegments }: StreamState): Resource | undefined {
  if (file === "init.mp4") return bytesResource("manifest", "application/mp4", subtitleInit());
  const number = Number(/^seg-(0|[1-9]\d{0,6})\.m4s$/.exec(file)?.[1] ?? vodSegments);
  if (number >= vodSegments) return undefined;
  return bytesResource("media", "application/mp4", subtitleSegment(number, media.segmentSeconds));
}

function topResource(path: string, stream: Stream, renditions: readonly Rendition[], state: StreamState) {
  const [, , file = ""] = path.split("/");
  if (file === "master.m3u8" && hasPlaylists(stream)) {
    return textResource(hlsType, multivariantPlaylistText(renditions));
  }
  if (file === "steering.json" && state.steering) return textResource("application/json", steeringText(state.steering));
  if (file === "key.bin" && stream.packaging === "encrypted") {
    return bytesResource("manifest", "application/octet-stream", aesKey);
  }
  const mpd = mpdOf(path, stream, renditions, state);
  return mpd === undefined ? undefined : textResource("application/dash+xml", mpd);
}

/** Engines of 2018 play VP9 in WebM alone. */
function webmResource(file: string, { webm }: Media): Resource | undefined {
  if (file === WEBM_NAME)
    return joinedResource("video/webm", [{ sizeBytes: webm.bytes.length, bytes: () => webm.bytes }]);
  return file === "master.mpd" ? textResource("application/dash+xml", webmMpdText(WEBM_NAME, webm)) : undefined;
}

function fileOf(rendition: Rendition, file: string, stream: Stream, state: StreamState): Resource | undefined {
  const oneFile = stream.packaging === "one-file";
  const contentType = rendition.kind === "muxed" ? "video/mp2t" : `${rendition.kind}/mp4`;
  if (file === "index.m3u8" && hasPlaylists(stream)) {
    return textResource(hlsType, stream.live ? livePlaylist(rendition, state) : vodPlaylist(rendition, stream, state));
  }
  if (file === "media.mp4" && oneFile) return wholeFile(rendition, contentType, state.vodSegments);
  if (oneFile) return undefined;
  if (file === "init.mp4" && rendition.kind !== "muxed") {
    const init = stream.packaging === "cenc" ? encryptedInit(rendition.init) : rendition.init;
    return bytesResource("manifest", contentType, init);
  }
  const match = /^(seg|time)-(0|[1-9]\d{0,14})\.(m4s|ts)$/.exec(file);
  if (match === null || match[3] !== extensionOf(rendition)) return undefined;
  const number = match[1] === "seg" ? Number(match[2]) : numberAt(rendition, Number(match[2]));
  if (number === undefined) return undefined;
  const bytes = stream.live ? liveBytes(rendition, number, state) : vodBytes(rendition, number);
  if (bytes === undefined || (!stream.live && number >= state.vodSegments)) return undefined;
  return bytesResource("media", contentType, packed(bytes, number, rendition, stream));
}

function packed(bytes: Uint8Array, number: number, { kind }: Rendition, { packaging }: Stream): Uint8Array {
  if (packaging === "encrypted") return encryptSegment(bytes, number);
  return packaging === "cenc" && kind !== "muxed" ? encryptedSegment(bytes, number, kind) : bytes;
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

function extensionOf(rendition: Rendition): string {
  return rendition.kind === "muxed" ? "ts" : "m4s";
}
