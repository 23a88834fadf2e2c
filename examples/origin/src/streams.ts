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
import { type MpdPeriod, mpdText } from "./mpd.ts";
import { mediaPlaylistText, multivariantPlaylistText, type PlaylistSegment } from "./playlists.ts";
import { bytesResource, joinedResource, type Resource, textResource } from "./resource.ts";

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
  readonly packaging: "cmaf" | "ts" | "one-file" | "encrypted";
}

const cmaf = ["v144", "v270", "v360", "a64"];
const streams: Readonly<Record<string, Stream>> = {
  live: { live: true, renditions: cmaf, packaging: "cmaf" },
  vod: { live: false, renditions: cmaf, packaging: "cmaf" },
  ts: { live: true, renditions: ["muxed300"], packaging: "ts" },
  "vod-ts": { live: false, renditions: ["muxed300"], packaging: "ts" },
  "vod-range": { live: false, renditions: cmaf, packaging: "one-file" },
  "vod-aes": { live: false, renditions: ["v144", "a64"], packaging: "encrypted" },
};

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
  if (second === undefined) return topResource(first, stream, renditions, state);
  const rendition = renditions.find((one) => one.name === first);
  return rendition === undefined || third !== undefined ? undefined : fileOf(rendition, second, stream, state);
}

function topResource(file: string, stream: Stream, renditions: readonly Rendition[], state: StreamState) {
  if (file === "master.m3u8") return textResource(hlsType, multivariantPlaylistText(renditions));
  if (file === "key.bin" && stream.packaging === "encrypted") {
    return bytesResource("manifest", "application/octet-stream", aesKey);
  }
  // $Number$ cannot express names that come back.
  const numbered = !stream.live || state.clock.cyclicNames === undefined;
  if (file !== "master.mpd" || stream.packaging !== "cmaf" || !numbered) return undefined;
  return textResource("application/dash+xml", stream.live ? liveMpd(renditions, state) : vodMpd(renditions, state));
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
  const match = /^seg-(0|[1-9]\d{0,14})\.(m4s|ts)$/.exec(file);
  if (match === null || match[2] !== extensionOf(rendition)) return undefined;
  const bytes = stream.live ? liveBytes(rendition, Number(match[1]), state) : vodBytes(rendition, Number(match[1]));
  if (bytes === undefined || (!stream.live && Number(match[1]) >= state.vodSegments)) return undefined;
  const served = stream.packaging === "encrypted" ? encryptSegment(bytes, Number(match[1])) : bytes;
  return bytesResource("media", contentType, served);
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
  return joinedResource(contentType, [init, ...segments]);
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
  let offset = rendition.init.byteLength;
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

function liveMpd(renditions: readonly Rendition[], { clock, nowMs, media: { segmentSeconds } }: StreamState): string {
  const oldest = newestIndex(clock, nowMs) - clock.windowSegments + 1;
  const current = clock.runs.filter((_, position) => (clock.runs[position + 1]?.firstIndex ?? Infinity) > oldest);
  const periods = current.map(
    ({ firstIndex, firstNumber }): MpdPeriod => ({ startSeconds: firstIndex * segmentSeconds, firstNumber }),
  );
  return mpdText({
    renditions,
    segmentSeconds,
    periods,
    timing: {
      type: "dynamic",
      availabilityStartMs: originTimeMs(clock),
      nowMs,
      windowSeconds: clock.windowSegments * segmentSeconds,
    },
  });
}

function vodMpd(renditions: readonly Rendition[], { media: { segmentSeconds }, vodSegments }: StreamState): string {
  const periods = [{ startSeconds: 0, firstNumber: 0 }];
  const timing = { type: "static", durationSeconds: vodSegments * segmentSeconds } as const;
  return mpdText({ renditions, segmentSeconds, periods, timing });
}

function extensionOf(rendition: Rendition): string {
  return rendition.kind === "muxed" ? "ts" : "m4s";
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}
