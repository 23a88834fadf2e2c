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
}

export function viewerFrom(join: Join, isp: string, send: Send): Viewer {
  return { peerId: join.peerId, isp, send, tracks: [...new Set(join.tracks)], sharing: join.sharing };
}
