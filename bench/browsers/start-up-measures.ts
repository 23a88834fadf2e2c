import { type Bounded, boundedMedian, median } from "./statistics.ts";

/** One page load, from opening the page; null: it did not come to that. */
export interface Load {
  readonly startUpMs: number | null;
  readonly firstRequestMs: number | null;
}

/** Two page loads one after the other, in either order. */
export interface Pair {
  readonly plain: Load;
  readonly player: Load;
}

/** How a player's start-up compares with that of plain hls.js, or plain dash.js. */
export interface StartUpMeasures {
  readonly pairs: number;
  /** Pairs of which a page did not begin to play. */
  readonly failed: number;
  readonly plainMs: number | null;
  readonly playerMs: number | null;
  /** Of the pairs' ratios of start-up. */
  readonly ratio: Bounded | null;
  /** How much later the first media segment is asked for. */
  readonly requestLaterMs: Bounded | null;
}

/** @param unit gives numbers from 0 up to but not including 1 */
export function compareStartUps(pairs: readonly Pair[], unit: () => number): StartUpMeasures {
  const known = pairs.flatMap(({ plain, player }) =>
    plain.startUpMs === null || player.startUpMs === null
      ? []
      : [{ plainMs: plain.startUpMs, playerMs: player.startUpMs }],
  );
  const later = pairs.flatMap(({ plain, player }) =>
    plain.firstRequestMs === null || player.firstRequestMs === null
      ? []
      : [player.firstRequestMs - plain.firstRequestMs],
  );
  const ratios = known.map(({ plainMs, playerMs }) => playerMs / plainMs);
  return {
    pairs: pairs.length,
    failed: pairs.length - known.length,
    plainMs: median(known.map(({ plainMs }) => plainMs)),
    playerMs: median(known.map(({ playerMs }) => playerMs)),
    ratio: boundedMedian(ratios, unit),
    requestLaterMs: boundedMedian(later, unit),
  };
}
