import type { DeviceMix } from "./devices.ts";
import type { PathQuality } from "./path.ts";
import type { PieceKib } from "./piece-size.ts";
import type { JoinCurve, Lines } from "./population.ts";

/**
 * What goes wrong in a run. `vanish`: half of the viewers go without a word. `tracker`, `sealer`, `tracker+sealer`: away
 * for a while. `split`: the first ISP has no way to the others for a while. `liars`: from the start, 5 % send other bytes.
 */
export const FAULTS = ["none", "vanish", "tracker", "sealer", "tracker+sealer", "liars", "split"] as const;
export type Fault = (typeof FAULTS)[number];

/** A while in which the CDN sends less, in all. */
export interface BrownOut {
  readonly fromMs: number;
  readonly durationMs: number;
  /** Of what all present viewers need for the best rendition. */
  readonly share: number;
}

/** A run. Times are virtual milliseconds. */
export interface SimulationOptions {
  readonly viewers: number;
  readonly seed: number;
  readonly seconds: number;
  /** Bitrates of the renditions, the lowest first. */
  readonly ladderKbps: readonly number[];
  readonly segmentMs: number;
  readonly windowMs: number;
  /** How far behind the live edge a player begins. */
  readonly latencyMs: number;
  readonly isps: number;
  readonly pieceKib: PieceKib;
  /** Usable uplink over what all viewers together need; null for uplinks as the field has them. */
  readonly uplinkBudget: number | null;
  readonly join: JoinCurve;
  /** Share of the viewers that leave and are replaced in a minute. */
  readonly churn: number;
  readonly devices: DeviceMix;
  readonly lines: Lines;
  readonly path: PathQuality;
  readonly brownOut: BrownOut | null;
  readonly fault: Fault;
  readonly faultAtMs: number;
  readonly faultMs: number;
}

const SECONDS = 90;

export const DEFAULTS: SimulationOptions = {
  viewers: 100,
  seed: 1,
  seconds: SECONDS,
  ladderKbps: [5000],
  segmentMs: 4000,
  windowMs: 24_000,
  latencyMs: 12_000,
  isps: 5,
  pieceKib: 64,
  uplinkBudget: null,
  join: "steady",
  churn: 0,
  devices: "desktop",
  lines: "field",
  path: { loss: 0, jitterMs: 4 },
  brownOut: null,
  fault: "none",
  faultAtMs: SECONDS * 500,
  faultMs: 300_000,
};

/** The options of the run to compare with: the same players and the same CDN, and nothing of what only sharing meets. */
export function controlOf(options: SimulationOptions): SimulationOptions {
  return options.fault === "vanish" ? options : { ...options, fault: "none" };
}
