import type { Join, PeerId, SharingMode, TrackId } from "@shoal/protocol";

/** What a viewer is sent; a socket at the rim, a list in tests. */
export type Send = (event: string, payload: object) => void;

/** One connected viewer. */
export interface Viewer {
  readonly peerId: PeerId;
  readonly isp: string;
  readonly send: Send;
  tracks: readonly TrackId[];
  sharing: SharingMode;
  /** Uplink as it measured it, bit/s; 0 while unknown. */
  uplinkBps: number;
  readonly joinedMs: number;
}

export function viewerFrom(join: Join, isp: string, send: Send, joinedMs: number): Viewer {
  const tracks = [...new Set(join.tracks)];
  return { peerId: join.peerId, isp, send, tracks, sharing: join.sharing, uplinkBps: 0, joinedMs };
}
