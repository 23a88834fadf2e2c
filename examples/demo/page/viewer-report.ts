/** What a viewer's page says of itself: to the demo's page around it, and to the headless run. */
export interface ViewerReport {
  readonly name: string;
  readonly isp: string;
  /** From the making of the player to its first `playing`; null before. */
  readonly startUpMs: number | null;
  readonly playheadS: number;
  /** Behind the live edge; null in VOD. */
  readonly latencyS: number | null;
  readonly bufferS: number;
  /** Picture height of the rendition that is played; null before it is known. */
  readonly height: number | null;
  /** Times that playback stopped for want of media, and for how long in all. */
  readonly stalls: number;
  readonly stalledMs: number;
  readonly stalling: boolean;
  /** What the player said when it gave up last; null while all is well. */
  readonly failure: string | null;
  /** Media bytes by source, and bytes sent to other viewers. */
  readonly cdnBytes: number;
  readonly peerBytes: number;
  readonly sentBytes: number;
  /** Null before the viewer has joined, and always in a plain player. */
  readonly peerId: string | null;
  /** Why nothing is shared; null while sharing works. */
  readonly offReason: string | null;
  readonly neighbours: readonly NeighbourReport[];
}

/** One connection to another viewer. */
export interface NeighbourReport {
  readonly peerId: string;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly sameIsp: boolean;
}

/** Which stream: both are of the demo's own origin. */
export type StreamName = "live" | "vod";

/** Which player a viewer has. */
export type PlayerName = "hls" | "dash";

/** Players by what the page calls them. */
export const PLAYER_WORDS: Readonly<Record<PlayerName, string>> = { hls: "hls.js", dash: "dash.js" };

/** What a viewer's page is told in its query. */
export interface ViewerQuery {
  readonly name: string;
  readonly isp: string;
  readonly stream: StreamName;
  /** Default: hls.js. */
  readonly player?: PlayerName;
  /** Without one the player is plain. */
  readonly tracker: string | null;
}

/** The address of a viewer's page. */
export function viewerUrl(base: string, { name, isp, stream, player = "hls", tracker }: ViewerQuery): string {
  const query = new URLSearchParams({ name, isp, stream, player });
  if (tracker !== null) query.set("tracker", tracker);
  return `${base}/viewer.html?${query}`;
}
