import type { TrackId } from "@shoal/protocol";

/** What the viewers of a crowd play. */
export interface LoadStream {
  /** Path of its manifest, below the media base. */
  readonly manifest: string;
  /** Each viewer plays one of these at a time. */
  readonly renditions: readonly [TrackId, ...TrackId[]];
  /** Played beside it. */
  readonly sound: TrackId | null;
}

/** A stream that nobody serves, of four renditions. */
export function imaginaryStream(contentId: string): LoadStream {
  const id = (at: number): TrackId => at.toString(16).padStart(16, "0") as TrackId;
  return { manifest: `/${contentId}.m3u8`, renditions: [id(0), id(1), id(2), id(3)], sound: null };
}

/** The tracks of who plays a rendition. */
export function tracksOf({ sound }: LoadStream, rendition: TrackId): TrackId[] {
  return sound === null ? [rendition] : [rendition, sound];
}

/** The renditions in turn. @param at any whole number from 0 */
export function renditionAt({ renditions }: LoadStream, at: number): TrackId {
  return renditions[at % renditions.length] ?? renditions[0];
}
