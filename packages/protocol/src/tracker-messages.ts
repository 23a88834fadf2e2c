import { isPeerId, isSegmentId, isTrackId } from "./ids.ts";
import type { Result } from "./result.ts";
import {
  bool,
  defaulted,
  type Field,
  type Fields,
  list,
  object,
  oneOf,
  optional,
  pair,
  type Read,
  readShape,
  type ShapeError,
  text,
  where,
  whole,
} from "./shape.ts";
import {
  type Candidate,
  DEVICE_CLASSES,
  type IceServer,
  type IncomingSignal,
  type Join,
  MAX_ROSTER,
  type Move,
  NAT_CLASSES,
  type News,
  NO_REMOTE_CONFIG,
  REFUSAL_CODES,
  type Refusal,
  type RemoteConfig,
  type Report,
  type RosterMember,
  type RosterUpdate,
  SEALING_STATES,
  type SealKey,
  SHARING_MODES,
  type Signal,
  type StatusUpdate,
  type Welcome,
} from "./tracker-events.ts";

const MAX_INT = Number.MAX_SAFE_INTEGER;
const peerId = where(isPeerId);
const tracks = list(where(isTrackId), 8);
const sharing = oneOf(SHARING_MODES);
const bytes = whole(0, MAX_INT);
const slots = whole(0, 255);
const nat = oneOf(NAT_CLASSES);
/** A content is shorter than a year. */
const playhead = whole(0, 31_536_000_000);

const JOIN: Fields<Join> = {
  version: whole(0, 0xffff),
  peerId,
  contentId: text(512),
  token: optional(text(4096)),
  manifest: optional(text(1024)),
  tracks: defaulted(tracks, []),
  device: defaulted(oneOf(DEVICE_CLASSES), "other"),
  sharing: defaulted(sharing, "full"),
  freeSlots: defaulted(slots, 0),
  nat: defaulted(nat, "unknown"),
  playheadMs: optional(playhead),
  sdk: defaulted(text(64), ""),
};

const CANDIDATE: Fields<Candidate> = {
  peerId,
  sameIsp: defaulted(bool, false),
  sameTrack: defaulted(bool, false),
};

const ICE_SERVER: Fields<IceServer> = {
  urls: list(text(256), 8),
  username: optional(text(512)),
  credential: optional(text(512)),
};

const SEAL_KEY: Fields<SealKey> = { keyId: where(isSegmentId), point: text(128) };

const CONFIG: Fields<RemoteConfig> = {
  sharing: optional(sharing),
  maxPeers: optional(whole(0, 255)),
  memoryBytes: optional(whole(0, 2 ** 32)),
};

const WELCOME: Fields<Welcome> = {
  version: whole(0, 0xffff),
  nowMs: whole(0, MAX_INT),
  swarm: text(1024),
  candidates: list(object(CANDIDATE), 64),
  iceServers: defaulted(list(object(ICE_SERVER), 16), []),
  sealKeys: defaulted(list(object(SEAL_KEY), 16), []),
  sealing: defaulted(oneOf(SEALING_STATES), "on"),
  sealUrl: optional(text(1024)),
  config: defaulted(object(CONFIG), NO_REMOTE_CONFIG),
  session: optional(text(128)),
};

const SIGNAL: Fields<Signal> = { peerId, attempt: whole(0, 0xffff_ffff), data: text(16_384) };
const INCOMING_SIGNAL: Fields<IncomingSignal> = { ...SIGNAL, sameIsp: defaulted(bool, false) };

const STATUS: Fields<StatusUpdate> = {
  tracks: optional(tracks),
  sharing: optional(sharing),
  freeSlots: optional(slots),
  nat: optional(nat),
  playheadMs: optional(playhead),
};

const NEWS: Fields<News> = { trackId: where(isTrackId), segmentId: where(isSegmentId) };

const REPORT: Fields<Report> = {
  cdnBytes: bytes,
  peerBytes: bytes,
  uploadedBytes: bytes,
  wastedBytes: defaulted(bytes, 0),
  stalls: defaulted(bytes, 0),
  rescues: defaulted(bytes, 0),
  uplinkBps: defaulted(bytes, 0),
  convicted: defaulted(list(peerId, 32), []),
};

const ROSTER_MEMBER: Field<RosterMember> = pair(peerId, whole(1, 0xffff));
const ROSTER: Fields<RosterUpdate> = {
  trackId: where(isTrackId),
  epoch: whole(0, MAX_INT),
  from: defaulted(whole(0, MAX_INT), 0),
  viewers: whole(0, MAX_INT),
  add: defaulted(list(ROSTER_MEMBER, MAX_ROSTER), []),
  gone: defaulted(list(peerId, MAX_ROSTER), []),
};

const REFUSAL: Fields<Refusal> = {
  code: oneOf(REFUSAL_CODES),
  message: defaulted(text(1024), ""),
  retryAfterMs: defaulted(whole(0, 86_400_000), 30_000),
};

const reader =
  <T extends object>(name: string, fields: Fields<T>) =>
  (value: unknown): Result<Read<T>, ShapeError> =>
    readShape(name, fields, value);

/** Readers of everything that crosses the tracker's socket. Total; fields they do not know are skipped and counted. */
export const readJoin: (value: unknown) => Result<Read<Join>, ShapeError> = reader("join", JOIN);
export const readWelcome: (value: unknown) => Result<Read<Welcome>, ShapeError> = reader("welcome", WELCOME);
export const readSignal: (value: unknown) => Result<Read<Signal>, ShapeError> = reader("signal", SIGNAL);
export const readIncomingSignal: (value: unknown) => Result<Read<IncomingSignal>, ShapeError> = reader(
  "signal",
  INCOMING_SIGNAL,
);
export const readStatus: (value: unknown) => Result<Read<StatusUpdate>, ShapeError> = reader("status", STATUS);
export const readNews: (value: unknown) => Result<Read<News>, ShapeError> = reader("news", NEWS);
export const readReport: (value: unknown) => Result<Read<Report>, ShapeError> = reader("report", REPORT);
export const readConfig: (value: unknown) => Result<Read<RemoteConfig>, ShapeError> = reader("config", CONFIG);
export const readRoster: (value: unknown) => Result<Read<RosterUpdate>, ShapeError> = reader("roster", ROSTER);
export const readRefusal: (value: unknown) => Result<Read<Refusal>, ShapeError> = reader("refusal", REFUSAL);

/** Reads a list of candidates: `{ candidates: [...] }`. */
export const readCandidates: (
  value: unknown,
) => Result<Read<{ readonly candidates: readonly Candidate[] }>, ShapeError> = reader("candidates", {
  candidates: list(object(CANDIDATE), 64),
});

/** Reads `{ state }` of a `sealing` event. */
export const readSealing: (value: unknown) => Result<Read<{ readonly state: Welcome["sealing"] }>, ShapeError> = reader(
  "sealing",
  {
    state: oneOf(SEALING_STATES),
  },
);

/** Reads a `move` event. */
export const readMove: (value: unknown) => Result<Read<Move>, ShapeError> = reader("move", {
  withinMs: whole(0, 86_400_000),
});

/** Reads `{ count }` of a `want-candidates` event. */
export const readWantCandidates: (value: unknown) => Result<Read<{ readonly count: number }>, ShapeError> = reader(
  "want-candidates",
  { count: whole(1, 64) },
);

/** Reads `{ seal }` of a `seal` event: `encodeSeal` in base64url. */
export const readSealPush: (value: unknown) => Result<Read<{ readonly seal: string }>, ShapeError> = reader("seal", {
  seal: text(16_384),
});

/** Reads `{ sealKeys }` of a `seal-keys` event. */
export const readSealKeys: (value: unknown) => Result<Read<{ readonly sealKeys: readonly SealKey[] }>, ShapeError> =
  reader("seal-keys", { sealKeys: list(object(SEAL_KEY), 16) });
