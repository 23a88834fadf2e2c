import type { Sample, Stall } from "./page/viewer-record.ts";
import { sum } from "./statistics.ts";

/** A stretch of a run, Unix ms. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Milliseconds of stalls within a span. */
export function stalledMs(stalls: readonly Stall[], { fromMs, toMs }: Span): number {
  return sum(stalls.map((stall) => Math.max(0, Math.min(stall.toMs, toMs) - Math.max(stall.fromMs, fromMs))));
}

/** The samples within a span. */
export function within(samples: readonly Sample[], { fromMs, toMs }: Span): readonly Sample[] {
  return samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
}

/**
 * How much a counter grew within a span: from its last value before the span to its last in it. A counter that begins
 * later began at 0; null where it is not known.
 */
export function growth<T extends { readonly atMs: number }>(
  samples: readonly T[],
  { fromMs, toMs }: Span,
  value: (sample: T) => number | null,
): number | null {
  const last = samples.findLast(({ atMs }) => atMs <= toMs);
  if (last === undefined) return 0;
  const before = samples.findLast(({ atMs }) => atMs <= fromMs);
  const [from, to] = [before ? value(before) : 0, value(last)];
  return from === null || to === null ? null : to - from;
}
