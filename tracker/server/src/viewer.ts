import type { Inside } from "@shoal/matching";
import {
  type DeviceClass,
  type Join,
  type NatClass,
  NO_REMOTE_CONFIG,
  type PeerId,
  type SharingMode,
  type TrackId,
} from "@shoal/protocol";
import type { Place } from "./place/place-reader.ts";
import { lesser, type Policy } from "./steering/steering.ts";

/** What a viewer is sent; a socket at the rim, a list in tests. */
export type Send = (event: string, payload: object) => void;

/** One connected viewer. */
export interface Viewer {
  readonly peerId: PeerId;
  readonly isp: string;
  readonly country: string | null;
  readonly region: string | null;
  readonly site: string | null;
  readonly device: DeviceClass;
  readonly send: Send;
  tracks: readonly TrackId[];
  /** What it wants and the operator allows. */
  sharing: SharingMode;
  /** What it wants. */
  wanted: SharingMode;
  policy: Policy;
  nat: NatClass;
  /** On demand: position less the time at which it was there, milliseconds. */
  playOffsetMs: number | null;
  /** Uplink as it measured it, bit/s; 0 while unknown. */
  uplinkBps: number;
  readonly joinedMs: number;
}

export const NO_POLICY: Policy = { ...NO_REMOTE_CONFIG, inside: null as Inside };

/** @param place without its address */
export function viewerFrom(
  join: Join,
  place: Omit<Place, "address">,
  policy: Policy,
  send: Send,
  joinedMs: number,
): Viewer {
  const { peerId, device, sharing, nat, playheadMs } = join;
  return {
    peerId,
    isp: place.isp,
    country: place.country,
    region: place.region,
    site: place.site,
    device,
    send,
    tracks: [...new Set(join.tracks)],
    sharing: lesser(sharing, policy.sharing),
    wanted: sharing,
    policy,
    nat,
    playOffsetMs: playheadMs === null ? null : playheadMs - joinedMs,
    uplinkBps: 0,
    joinedMs,
  };
}
