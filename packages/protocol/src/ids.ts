import { hash64, hexDigits, wordToHex } from "./hash64.ts";
import { utf8 } from "./utf8.ts";

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** 8 bytes as 16 hexadecimal digits: the hash of a segment's name ({@link segmentName}). */
export type SegmentId = Branded<string, "SegmentId">;
/** The segment id of a track's init segment; without one, that of its media playlist. */
export type TrackId = Branded<string, "TrackId">;
/** 16 random bytes as 32 hexadecimal digits; the same for a viewer's whole session. */
export type PeerId = Branded<string, "PeerId">;
/** `tenant/contentId`: everybody who may share with each other. */
export type SwarmId = Branded<string, "SwarmId">;

const SEGMENT_ID = /^[0-9a-f]{16}$/;
const PEER_ID = /^[0-9a-f]{32}$/;

/** The all-zero id: "none" or "unknown" wherever the wire has room for an id. */
export const NO_SEGMENT: SegmentId = "0000000000000000" as SegmentId;

/** The id of a segment from its name. */
export function segmentIdOf(name: string): SegmentId {
  return wordToHex(hash64(utf8(name))) as SegmentId;
}

/** The id of a track from the name of its init segment, or of its media playlist where it has none. */
export function trackIdOf(name: string): TrackId {
  return segmentIdOf(name) as string as TrackId;
}

/** 8 bytes that name a swarm in HELLO, as 16 hexadecimal digits. */
export function swarmHash(swarm: SwarmId): string {
  return wordToHex(hash64(utf8(swarm)));
}

/** @param tenant `""` for a tracker of one tenant */
export function swarmIdOf(tenant: string, contentId: string): SwarmId {
  return `${tenant}/${contentId}` as SwarmId;
}

/** A peer id from 16 random bytes, which the caller draws. */
export function peerIdFrom(bytes: Uint8Array): PeerId {
  return toHex(bytes.subarray(0, 16)) as PeerId;
}

export function isSegmentId(value: unknown): value is SegmentId {
  return typeof value === "string" && SEGMENT_ID.test(value);
}

export function isTrackId(value: unknown): value is TrackId {
  return isSegmentId(value);
}

export function isPeerId(value: unknown): value is PeerId {
  return typeof value === "string" && PEER_ID.test(value);
}

/** Lower-case hexadecimal digits, two a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexDigits(byte, 2);
  return text;
}
