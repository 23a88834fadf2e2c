import type { ShoalHandle } from "@shoal/hls";

/** A player of either kind, as a viewer's page drives it. */
export interface DemoPlayer {
  readonly shoal: ShoalHandle | null;
  /** Behind the live edge, seconds. */
  latencyS(): number;
  /** Media bytes that a plain player has loaded. */
  plainBytes(): number;
  destroy(): void;
}

/** What a player is to play, and whom it tells. */
export interface PlayerSettings {
  readonly video: HTMLVideoElement;
  /** URL of the manifest without its extension. */
  readonly content: string;
  /** Null plays plainly. */
  readonly tracker: string | null;
  /** The player gave up; null: all is well again. */
  readonly failed: (failure: string | null) => void;
}
