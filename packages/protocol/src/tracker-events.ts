import type { PeerId, SegmentId, TrackId } from "./ids.ts";

/** Version of the tracker events; part of {@link Join}. */
export const TRACKER_VERSION = 1;

/** Names of the socket.io events, by who sends them. */
export const TRACKER_EVENTS = {
  /** tracker to viewer */
  welcome: "welcome",
  candidates: "candidates",
  seal: "seal",
  sealing: "sealing",
  config: "config",
  /** Who fetches a track from the CDN; see {@link RosterUpdate}. */
  roster: "roster",
  /** The sealer has another key than `welcome` said, or was away then. Keys given before stay good. */
  sealKeys: "seal-keys",
  /** The tracker asks the viewer to connect anew, elsewhere; see {@link Move}. */
  move: "move",
  /** both ways */
  signal: "signal",
  /** viewer to tracker */
  status: "status",
  news: "news",
  wantCandidates: "want-candidates",
  report: "report",
} as const;

export const DEVICE_CLASSES = ["desktop", "phone", "tv", "set-top-box", "other"] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

/** The most sharing first. */
export const SHARING_MODES = ["full", "download", "off"] as const;
/** `full`: takes and gives. `download`: takes only. `off`: plays from the CDN alone. */
export type SharingMode = (typeof SHARING_MODES)[number];

/** The less of two. */
export function leastSharing(a: SharingMode, b: SharingMode): SharingMode {
  return SHARING_MODES.indexOf(a) > SHARING_MODES.indexOf(b) ? a : b;
}

export const NAT_CLASSES = ["unknown", "cone", "symmetric"] as const;
/**
 * How a viewer's NAT maps its ports: `cone` the same for whoever is spoken to (endpoint-independent mapping, RFC 4787),
 * `symmetric` another for each.
 */
export type NatClass = (typeof NAT_CLASSES)[number];

/** What a viewer says in the `auth` payload of the socket.io CONNECT packet. */
export interface Join {
  readonly version: number;
  readonly peerId: PeerId;
  readonly contentId: string;
  /** A signed claim of the operator's, where the tracker asks for one. */
  readonly token: string | null;
  /** Path of the multivariant playlist or MPD below the operator's media base, without query. */
  readonly manifest: string | null;
  readonly tracks: readonly TrackId[];
  readonly device: DeviceClass;
  readonly sharing: SharingMode;
  /** Connections it would still open. */
  readonly freeSlots: number;
  /** How its NAT maps ports, as far as it found out. */
  readonly nat: NatClass;
  /** On demand: position of the playhead, milliseconds; `null`: live. */
  readonly playheadMs: number | null;
  /** Version of the viewer's software, for the log. */
  readonly sdk: string;
}

/** Another viewer worth connecting to. */
export interface Candidate {
  readonly peerId: PeerId;
  /** True if it is in the same ISP group. */
  readonly sameIsp: boolean;
  /** True if it plays one of the same tracks. */
  readonly sameTrack: boolean;
}

export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string | null;
  readonly credential: string | null;
}

/** A public key of the sealer. */
export interface SealKey {
  /** 16 hexadecimal digits. */
  readonly keyId: string;
  /** Uncompressed P-256 point, 65 bytes, base64url. */
  readonly point: string;
}

export const SEALING_STATES = ["on", "unsealed", "sealer-refused", "no-seal", "too-few-viewers"] as const;
/**
 * Whether segments of this swarm are sealed. `unsealed`: no media base is configured. `sealer-refused`: the CDN answered
 * the sealer 4xx. `no-seal`: the sealer is away. `too-few-viewers`: a track is sealed from two viewers on.
 */
export type SealingState = (typeof SEALING_STATES)[number];

/** What an operator may change while viewers play. `null` leaves the viewer's own option in force. */
export interface RemoteConfig {
  readonly sharing: SharingMode | null;
  readonly maxPeers: number | null;
  /** Media kept to share, bytes. */
  readonly memoryBytes: number | null;
}

/** Nothing is said: every viewer's own options are in force. */
export const NO_REMOTE_CONFIG: RemoteConfig = { sharing: null, maxPeers: null, memoryBytes: null };

/** The tracker's answer to a join. */
export interface Welcome {
  readonly version: number;
  /** Server time, milliseconds since 1970. */
  readonly nowMs: number;
  /** The swarm id: part of what seals sign. */
  readonly swarm: string;
  readonly candidates: readonly Candidate[];
  readonly iceServers: readonly IceServer[];
  readonly sealKeys: readonly SealKey[];
  readonly sealing: SealingState;
  /** Where first holders ask for seals while the tracker is away: a URL, to which the query is added. */
  readonly sealUrl: string | null;
  readonly config: RemoteConfig;
  /** Name of this connection in the tracker's log; for support, and for nothing else. */
  readonly session: string | null;
}

/** "Go to another pod": the viewer connects anew at a random moment, and leaves the old connection when it is welcome. */
export interface Move {
  readonly withinMs: number;
}

/** WebRTC signalling from or to a matched viewer. `data` is relayed as it is. */
export interface Signal {
  /** To the tracker: the receiver. From the tracker: the sender. */
  readonly peerId: PeerId;
  /** Tells one attempt to connect from the next between the same two viewers. */
  readonly attempt: number;
  /** JSON text of the signal. */
  readonly data: string;
}

/** A signal as the receiver is given it. */
export interface IncomingSignal extends Signal {
  /** The sender is in the receiver's ISP group. */
  readonly sameIsp: boolean;
}

/** What changed at a viewer; absent fields stay as they were (`null`). */
export interface StatusUpdate {
  readonly tracks: readonly TrackId[] | null;
  readonly sharing: SharingMode | null;
  readonly freeSlots: number | null;
  readonly nat: NatClass | null;
  /** On demand: where the playhead is now, milliseconds; said again after a seek or a pause, since it moves by itself. */
  readonly playheadMs: number | null;
}

/** "I see a segment": it only makes the sealer look sooner. */
export interface News {
  readonly trackId: TrackId;
  readonly segmentId: SegmentId;
}

/** What uplinks are told in on the wire. */
export const UPLINK_UNIT_BPS = 100_000;

/** An uplink in the units of the wire; at least 1. */
export function uplinkUnits(bps: number): number {
  return Math.max(1, Math.round(bps / UPLINK_UNIT_BPS));
}

/**
 * A viewer that fetches from the CDN for others, and its share of the work against the other members': its uplink in units
 * of 100 kbit/s. Lists of them are the larger part of what rosters cost, so they have no names.
 */
export type RosterMember = readonly [peerId: PeerId, weight: number];

/**
 * Who fetches a track from the CDN for the viewer's cluster. Members are told the whole list once, then changes; others
 * are told only that there is one (no members), and when it ends (`viewers` 0).
 */
export interface RosterUpdate {
  readonly trackId: TrackId;
  readonly epoch: number;
  /** Epoch that the change applies to; 0: `add` is the whole list. */
  readonly from: number;
  /** Viewers in the cluster, roughly; 0 where there is no roster any more. */
  readonly viewers: number;
  readonly add: readonly RosterMember[];
  readonly gone: readonly PeerId[];
}

/** Most members of one roster. */
export const MAX_ROSTER = 64;

/** What a viewer measured since its last report, for the operator's metrics. */
export interface Report {
  readonly cdnBytes: number;
  readonly peerBytes: number;
  readonly uploadedBytes: number;
  readonly wastedBytes: number;
  readonly stalls: number;
  readonly rescues: number;
  /** Uplink as measured while others waited for bytes, bit/s; 0 while unknown. */
  readonly uplinkBps: number;
  /** Viewers that sent bytes which their seal refutes. */
  readonly convicted: readonly PeerId[];
}

/** Codes of a refused join; they arrive in the `data` of socket.io's `connect_error`. */
export const REFUSAL_CODES = [
  "bad-join",
  "other-version",
  "bad-token",
  "too-many-sockets",
  "too-busy",
  "draining",
  "unknown-content",
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Why a join was refused, and when to try again. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  readonly retryAfterMs: number;
}
