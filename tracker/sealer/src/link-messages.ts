import {
  isSegmentId,
  isTrackId,
  SEALING_STATES,
  type SealingState,
  type SealKey,
  type SegmentId,
  type SwarmId,
  type TrackId,
} from "@shoal/protocol";

/** The socket.io namespace in which trackers talk to the sealer. */
export const LINK_NAMESPACE = "/tracker";

/** Events between tracker and sealer, by who sends them. */
export const LINK_EVENTS = {
  /** tracker to sealer */
  follow: "follow",
  news: "news",
  /** sealer to tracker */
  keys: "keys",
  seal: "seal",
  state: "state",
} as const;

/** Everything a tracker knows of one swarm; sent whole whenever it changes. No tracks: nobody watches any more. */
export interface Follow {
  readonly swarm: SwarmId;
  readonly contentId: string;
  /** Paths of manifests, as viewers named them in their joins: to be checked, never to be believed. */
  readonly manifests: readonly string[];
  readonly tracks: readonly { readonly trackId: TrackId; readonly viewers: number }[];
  /** Below which URL it may be read, as the viewers' signed tokens say; `null`: as the sealer's own setting says. */
  readonly mediaBase: string | null;
}

/** A viewer announced a segment. */
export interface LinkNews {
  readonly swarm: SwarmId;
  readonly trackId: TrackId;
  readonly segmentId: SegmentId;
}

export interface LinkKeys {
  readonly keys: readonly SealKey[];
}

/** A seal for the viewers of any of these tracks (ids of one playlist, which may have had several init segments). */
export interface LinkSeal {
  readonly swarm: SwarmId;
  readonly segmentId: SegmentId;
  readonly trackIds: readonly TrackId[];
  /** `encodeSeal` in base64url. */
  readonly seal: string;
}

export interface LinkState {
  readonly swarm: SwarmId;
  readonly state: SealingState;
  /** For the operator's log. */
  readonly reason: string;
}

const MAX_TEXT = 2_048;
const isText = (value: unknown): value is string => typeof value === "string" && value.length <= MAX_TEXT;
const isList = (value: unknown, max: number): value is unknown[] => Array.isArray(value) && value.length <= max;

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Readers of what crosses the link. Total: `null` for anything else. */
export function readFollow(value: unknown): Follow | null {
  const { swarm, contentId, manifests, tracks, mediaBase = null } = record(value);
  if (mediaBase !== null && !isText(mediaBase)) return null;
  if (!isText(swarm) || !isText(contentId) || !isList(manifests, 16) || !isList(tracks, 10_000)) return null;
  const read = tracks.map((track) => {
    const { trackId, viewers } = record(track);
    return isTrackId(trackId) && typeof viewers === "number" && viewers >= 0 ? { trackId, viewers } : null;
  });
  const whole = read.filter((track) => track !== null);
  if (!manifests.every(isText) || whole.length !== read.length) return null;
  return { swarm: swarm as SwarmId, contentId, manifests, tracks: whole, mediaBase };
}

export function readLinkNews(value: unknown): LinkNews | null {
  const { swarm, trackId, segmentId } = record(value);
  if (!isText(swarm) || !isTrackId(trackId) || !isSegmentId(segmentId)) return null;
  return { swarm: swarm as SwarmId, trackId, segmentId };
}

export function readLinkKeys(value: unknown): LinkKeys | null {
  const { keys } = record(value);
  if (!isList(keys, 16)) return null;
  const read = keys.map((key) => {
    const { keyId, point } = record(key);
    return isSegmentId(keyId) && isText(point) ? { keyId: keyId as string, point } : null;
  });
  const whole = read.filter((key) => key !== null);
  return whole.length === read.length ? { keys: whole } : null;
}

export function readLinkSeal(value: unknown): LinkSeal | null {
  const { swarm, segmentId, trackIds, seal } = record(value);
  if (!isText(swarm) || !isSegmentId(segmentId) || !isList(trackIds, 64) || !trackIds.every(isTrackId)) return null;
  if (typeof seal !== "string" || seal.length > 16_384) return null;
  return { swarm: swarm as SwarmId, segmentId, trackIds, seal };
}

export function readLinkState(value: unknown): LinkState | null {
  const { swarm, state, reason } = record(value);
  const known = SEALING_STATES.find((word) => word === state);
  if (!isText(swarm) || !known) return null;
  return { swarm: swarm as SwarmId, state: known, reason: isText(reason) ? reason : "" };
}
