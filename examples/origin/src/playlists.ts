import type { Rendition } from "./media.ts";

/** One line group of an HLS media playlist. */
export interface PlaylistSegment {
  readonly uri: string;
  readonly durationSeconds: number;
  /** Unix ms; absent in VOD. */
  readonly programDateTimeMs?: number;
  /** Whether EXT-X-DISCONTINUITY stands before it. */
  readonly discontinuity?: boolean;
  readonly byteRange?: ByteRange;
  /** AES-128, hexadecimal initialisation vector of 32 digits. */
  readonly key?: { readonly uri: string; readonly ivHex: string };
}

/** A part of a file, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** All that an HLS media playlist says. */
export interface MediaPlaylist {
  readonly targetDurationSeconds: number;
  readonly mediaSequence: number;
  readonly discontinuitySequence?: number;
  readonly map?: { readonly uri: string; readonly byteRange?: ByteRange };
  readonly segments: readonly PlaylistSegment[];
  /** VOD: the playlist is complete. */
  readonly ended: boolean;
}

/** The text of a media playlist, RFC 8216. */
export function mediaPlaylistText(playlist: MediaPlaylist): string {
  const { map, segments, discontinuitySequence } = playlist;
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"];
  lines.push(`#EXT-X-TARGETDURATION:${playlist.targetDurationSeconds}`);
  lines.push(`#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`);
  if (discontinuitySequence) lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`);
  if (playlist.ended) lines.push("#EXT-X-PLAYLIST-TYPE:VOD");
  // RFC 8216, 4.3.2.5: a key that stood before the map would apply to the init segment too.
  if (map)
    lines.push(`#EXT-X-MAP:URI="${map.uri}"${map.byteRange ? `,BYTERANGE="${byteRangeText(map.byteRange)}"` : ""}`);
  for (const segment of segments) {
    if (segment.discontinuity) lines.push("#EXT-X-DISCONTINUITY");
    if (segment.key) lines.push(`#EXT-X-KEY:METHOD=AES-128,URI="${segment.key.uri}",IV=0x${segment.key.ivHex}`);
    if (segment.programDateTimeMs !== undefined) {
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateTimeMs).toISOString()}`);
    }
    lines.push(`#EXTINF:${segment.durationSeconds.toFixed(5)},`);
    if (segment.byteRange) lines.push(`#EXT-X-BYTERANGE:${byteRangeText(segment.byteRange)}`);
    lines.push(segment.uri);
  }
  if (playlist.ended) lines.push("#EXT-X-ENDLIST");
  return `${lines.join("\n")}\n`;
}

/** The text of a multivariant playlist: each picture a variant, the sound an alternate rendition of all of them. */
export function multivariantPlaylistText(renditions: readonly Rendition[]): string {
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"];
  const sound = renditions.find(({ kind }) => kind === "audio");
  if (sound) {
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="${sound.name}/index.m3u8"`,
    );
  }
  for (const picture of renditions.filter(({ kind }) => kind !== "audio")) {
    const attributes = [
      `BANDWIDTH=${picture.peakBitsPerSecond + (sound?.peakBitsPerSecond ?? 0)}`,
      `AVERAGE-BANDWIDTH=${picture.averageBitsPerSecond + (sound?.averageBitsPerSecond ?? 0)}`,
      `CODECS="${[picture.codecs, ...(sound ? [sound.codecs] : [])].join(",")}"`,
      `RESOLUTION=${picture.width}x${picture.height}`,
      `FRAME-RATE=${(picture.framesPerSecond ?? 0).toFixed(3)}`,
      ...(sound ? ['AUDIO="sound"'] : []),
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(",")}`, `${picture.name}/index.m3u8`);
  }
  return `${lines.join("\n")}\n`;
}

function byteRangeText({ offset, length }: ByteRange): string {
  return `${length}@${offset}`;
}
