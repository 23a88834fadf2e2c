export { type Asked, answerOf, unplaced } from "./cdn-answer.ts";
export { type Clock, systemClock } from "./clock.ts";
export { Emitter, type EventMap } from "./emitter.ts";
export { ShoalError, type ShoalErrorCode } from "./errors.ts";
export { failSoon } from "./fail-soon.ts";
export { handleOf, type ShoalHandle } from "./handle.ts";
export { type Identity, identityOf } from "./identity.ts";
export type { DeviceLimits, Policy, PolicyRule } from "./mesh/device.ts";
export type { Content, MeshFactory, MeshModule, MeshPart } from "./mesh-part.ts";
export { DEFAULTS, type ResolvedOptions, resolveOptions, type ShoalOptions } from "./options.ts";
export type {
  CdnAnswer,
  CdnSink,
  CdnTask,
  Delivery,
  LoadRequest,
  LoadSink,
  LoadTask,
  Pace,
  Player,
  PlayerState,
  Segment,
  TrackTimeline,
} from "./player.ts";
export { type Naming, SegmentNames } from "./segment-names.ts";
export {
  browserRim,
  Session,
  type SessionRim,
  type ShoalEvents,
} from "./session.ts";
export type { NeighbourStats, SegmentStats, SharingOffReason, ShoalStats } from "./stats.ts";
export { SDK_VERSION } from "./version.ts";
