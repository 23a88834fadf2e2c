import type { OriginCounts } from "./counts.ts";
import type { Variant } from "./endless.ts";
import type { Fault } from "./faults.ts";
import type { Shaping } from "./shaper.ts";
import type { StaticPages } from "./static-pages.ts";

/** How an origin behaves. All may be left out. */
export interface OriginOptions extends Shaping {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: a free port. */
  readonly port?: number;
  /** Wall clock, Unix ms, which alone decides the live edge. Default `Date.now`. */
  readonly now?: () => number;
  /** When the live stream began, Unix ms; a full window exists at that moment. Default: now. */
  readonly startedAtMs?: number;
  /** Segments in a live playlist, of 4 s. Default 6. */
  readonly windowSegments?: number;
  /** Length of the VOD streams in segments of 4 s. Default 75, five minutes. */
  readonly vodSegments?: number;
  /** Live file names are counted modulo this, so that a URL comes back with other bytes. Live has no MPD then. */
  readonly cyclicNames?: number;
  /** `ignore`: a Range header is answered with 200 and the whole. Default `honour`. */
  readonly ranges?: "honour" | "ignore";
  /** Whether scripts may read Content-Range, Content-Length and Date. Default true. */
  readonly exposeHeaders?: boolean;
  /** `false`: CORS preflights are refused with 403. Default true. */
  readonly preflight?: boolean;
  /**
   * Names of this host, each a pathway in `/live/steered.mpd` and `/vod/steered.mpd`, the first the best. The steering
   * manifest lies beside them. Default none: there are no such MPDs.
   */
  readonly pathways?: readonly string[];
  /** Web pages to serve beside the streams. Default none. */
  readonly pages?: readonly StaticPages[];
}

/** The defaults of `OriginOptions`. */
export const originDefaults = {
  host: "127.0.0.1",
  port: 0,
  windowSegments: 6,
  vodSegments: 75,
  ranges: "honour",
  exposeHeaders: true,
  preflight: true,
} as const satisfies OriginOptions;

/** A running origin. */
export interface Origin {
  /** Without a slash at its end: `http://127.0.0.1:41234`. */
  readonly url: string;
  /** What was served so far. A request that a fault hits counts, with no bytes or fewer; a 404 does not. */
  counts(): OriginCounts;
  resetCounts(): void;
  /**
   * From now on streams go wrong so; the fault before it is lifted. Answers under way go on, but `slow` slows them too.
   * Throws `TypeError` on a fault that makes no sense.
   */
  setFault(fault: Fault): void;
  /** Replaces the shaping as a whole, for answers under way too: `{}` lifts it. */
  setShaping(shaping: Shaping): void;
  /**
   * The next live segment is another encoder's: file names count from `firstNumber` (default 0), the bytes are those of
   * `variant` (default: how many restarts there were), after a discontinuity. Where `announcedSegments` is given (default
   * 0), so many of the old encoder's come first, while an MPD has the new period already, as players of a template need it.
   */
  restartEncoder(restart?: {
    readonly firstNumber?: number;
    readonly variant?: Variant;
    readonly announcedSegments?: number;
  }): void;
  /** The steering manifest now names these pathways, the best first. Throws `TypeError` on one that there is not. */
  steer(priority: readonly string[]): void;
  /** What a path of a stream serves now, whole, uncounted and untouched by faults; undefined: 404. */
  bytesAt(path: string): Uint8Array | undefined;
  /** Stops listening and cuts every connection. May be called again. */
  close(): Promise<void>;
}
