import type { OriginCounts } from "@shoal/origin";
import type { PageLoad } from "./audience.ts";
import type { ViewerRecord } from "./page/viewer-record.ts";
import type { PlayerName } from "./players.ts";
import type { Scenario } from "./scenarios.ts";

/** What the origin had served at a moment, Unix ms. */
export interface OriginSample {
  readonly atMs: number;
  readonly viewersBytes: number;
  readonly sealerBytes: number;
  /** Media bytes by viewer. */
  readonly clients: Readonly<Record<string, number>>;
}

/** One viewer of a run. */
export interface SeatRecord {
  readonly name: string;
  /** When it joined and left or was asked last, Unix ms. */
  readonly joinedMs: number;
  readonly leftMs: number;
  /** Whether the trouble of the scenario hits it. */
  readonly hit: boolean;
  /** null: its page did not answer. */
  readonly page: ViewerRecord | null;
  /** When the run became steady, and at its end; null for those not there at both. */
  readonly loads: readonly [PageLoad, PageLoad] | null;
}

/** One run of one player, as it was noted. All times are Unix ms. */
export interface RunRecord {
  readonly player: PlayerName;
  readonly scenario: Scenario;
  readonly viewers: number;
  readonly joinGapMs: number;
  readonly beganMs: number;
  readonly steadyMs: number;
  readonly endMs: number;
  readonly trouble: { readonly fromMs: number; readonly toMs: number } | null;
  /** When the live segment number 0 became listed, and how often the next ones do; Unix ms. */
  readonly publication: { readonly firstMs: number; readonly everyMs: number };
  readonly seats: readonly SeatRecord[];
  readonly origin: readonly OriginSample[];
  /** When each media segment was first asked for. */
  readonly firstAskedMs: Readonly<Record<string, number>>;
  readonly counts: OriginCounts;
  /** From steady to the end: the browser's CPU, seconds, and what share of the machine's cores was idle. */
  readonly browserCpuS: number | null;
  readonly idleShare: number;
}
