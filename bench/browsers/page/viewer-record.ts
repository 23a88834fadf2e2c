import type { WireRecord } from "./wire-log.ts";

/** Options of hls.js or of a P2P engine that can travel as data. */
export type DataOptions = Readonly<Record<string, string | number | boolean>>;

/** How one page is to play. */
export interface ViewerSettings {
  /** Path of the manifest. */
  readonly manifest: string;
  /** Options for hls.js, the same for every player of a scenario but where a player's set-up says otherwise. */
  readonly hls: DataOptions;
  /** Whether hls.js may transmux in its worker. */
  readonly worker: boolean;
  /** Plays only this level of the ladder, from 0; null leaves it to hls.js. */
  readonly level: number | null;
  /** Tracker of whatever engine the page has; null plays without one. */
  readonly tracker: string | null;
  /** Options of the engine beside the tracker. */
  readonly engine: DataOptions;
  /** Whether the page does about fatal errors what integrators do. */
  readonly recover: boolean;
}

/** What a viewer had, once a second. Bytes are media bytes since the page began; null: this player cannot say. */
export interface Sample {
  /** Unix ms. */
  readonly atMs: number;
  readonly playheadS: number;
  readonly bufferS: number;
  /** Behind the live edge; null in VOD and before playback. */
  readonly latencyS: number | null;
  /** Of the rendition on the screen, its average; null before playback. */
  readonly kbps: number | null;
  /** Handed to the player. */
  readonly handedBytes: number;
  readonly cdnBytes: number;
  readonly peerBytes: number | null;
  readonly sentBytes: number | null;
}

/** A time during which the picture stood still, Unix ms. */
export interface Stall {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Everything that a page noted. */
export interface ViewerRecord {
  /** When the page's address was opened, Unix ms. */
  readonly openedMs: number;
  /** From then to the first `playing`; null: it never came. */
  readonly startUpMs: number | null;
  /** From then to the request of the first media segment; null: there was none. */
  readonly firstRequestMs: number | null;
  readonly samples: readonly Sample[];
  readonly stalls: readonly Stall[];
  /** Fatal errors that hls.js raised, and uncaught errors of the page. */
  readonly errors: readonly string[];
  /** Bytes from neighbours of the own ISP, as the engine says; null: it cannot say. */
  readonly sameIspBytes: number | null;
  /** Connections to other viewers now; null: not known. */
  readonly neighbours: number | null;
  /** What passed over its data channels; null: nobody looked. */
  readonly wire: WireRecord | null;
}

/** Bytes by source, as an engine counts them. */
export interface Traffic {
  readonly cdnBytes: number;
  readonly peerBytes: number | null;
  readonly sentBytes: number | null;
  readonly sameIspBytes: number | null;
  readonly neighbours: number | null;
}
