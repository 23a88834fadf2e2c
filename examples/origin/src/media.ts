import { readFile } from "node:fs/promises";
import { readWebm, type WebmFile } from "./webm.ts";

/** What `media/media.json` says of one rendition of the bundled loop. */
export interface RenditionDescription {
  /** Folder name, and the name in every URL: `v360`, `a64`, `muxed300`. */
  readonly name: string;
  /** `muxed` is MPEG-TS with both picture and sound; the others are CMAF. */
  readonly kind: "video" | "audio" | "muxed";
  /** Of sound, as in BCP 47; absent: not said. */
  readonly language?: string;
  /** As in HLS CODECS and MPD \@codecs. */
  readonly codecs: string;
  /** Nominal bitrate of the picture, or of the sound in an audio rendition, kbit/s. */
  readonly kbps: number;
  /** Picture size in pixels; absent in audio. */
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  /** Ticks per second of `segmentTicks` and of the `tfdt` boxes. */
  readonly timescale: number;
  /** Duration of each segment of the loop. */
  readonly segmentTicks: readonly number[];
}

/** One rendition with its bytes. */
export interface Rendition extends RenditionDescription {
  /** The init segment; empty for MPEG-TS. */
  readonly init: Uint8Array;
  /** The segments of one loop, as they are on disk. */
  readonly segments: readonly Uint8Array[];
  /** Bitrate of the largest and of the average segment, container included, bit/s. */
  readonly peakBitsPerSecond: number;
  readonly averageBitsPerSecond: number;
}

/** The bundled loop. */
export interface Media {
  readonly segmentSeconds: number;
  readonly segmentsPerLoop: number;
  readonly renditions: readonly Rendition[];
  /** The same picture in one WebM file, for engines that play nothing else. */
  readonly webm: WebmFile;
}

/** Reads the bundled loop from this package's `media` folder (8 MB). */
export async function loadMedia(folder: URL = new URL("../media/", import.meta.url)): Promise<Media> {
  const description = JSON.parse(await readFile(new URL("media.json", folder), "utf8")) as {
    segmentSeconds: number;
    segmentsPerLoop: number;
    renditions: RenditionDescription[];
  };
  const { segmentSeconds, segmentsPerLoop } = description;
  const renditions = description.renditions.map(async (rendition): Promise<Rendition> => {
    const extension = rendition.kind === "muxed" ? "ts" : "m4s";
    const file = (name: string) => readFile(new URL(`${rendition.name}/${name}`, folder));
    const names = rendition.segmentTicks.map((_, index) => `seg-${String(index).padStart(5, "0")}.${extension}`);
    const segments = await Promise.all(names.map(file));
    const init = rendition.kind === "muxed" ? new Uint8Array() : await file("init.mp4");
    const sizes = segments.map((segment) => segment.byteLength);
    const loopSeconds = segmentSeconds * segmentsPerLoop;
    const peakBitsPerSecond = Math.ceil((Math.max(...sizes) * 8) / segmentSeconds);
    const averageBitsPerSecond = Math.ceil((sizes.reduce((sum, size) => sum + size, 0) * 8) / loopSeconds);
    return { ...rendition, init, segments, peakBitsPerSecond, averageBitsPerSecond };
  });
  const webm = readWebm(await readFile(new URL("vp144.webm", folder)));
  return { segmentSeconds, segmentsPerLoop, renditions: await Promise.all(renditions), webm };
}

/** The same sound for another language: it begins three segments later in the loop, so that no segment is the same. */
export function inLanguage(sound: Rendition, language: string): Rendition {
  const turn = <T>(list: readonly T[]): readonly T[] => [...list.slice(3), ...list.slice(0, 3)];
  const { name, segments, segmentTicks } = sound;
  return {
    ...sound,
    name: `${name}-${language}`,
    language,
    segments: turn(segments),
    segmentTicks: turn(segmentTicks),
  };
}
