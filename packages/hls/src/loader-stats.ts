import type { Pace } from "@shoal/core";
import type { LoaderStats } from "hls.js";

/** A fresh statistics object in the shape hls.js expects. */
export function freshStats(): LoaderStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  };
}

/** Makes a statistics object fit for a loader that insists on being used once. */
export function rewind(stats: LoaderStats): void {
  stats.loading.start = stats.loading.first = stats.loading.end = 0;
  stats.loaded = stats.total = 0;
  stats.aborted = false;
}

/** A loader of the integrator's may report statistics other than those it showed at first, which the player watches. */
export function copyStats(from: LoaderStats, to: LoaderStats): void {
  if (from === to) return;
  const { loading, parsing, buffering, ...counters } = from;
  Object.assign(to, counters);
  Object.assign(to.loading, loading);
  Object.assign(to.parsing, parsing);
  Object.assign(to.buffering, buffering);
}

/**
 * Writes a transfer of `bytes` at `rateBps` that ends now. What the player learns is the rate that the next segment can
 * count on, not how fast this one came out of memory. Times may lie before the page was opened, and so be negative.
 */
export function tellRate(stats: LoaderStats, bytes: number, pace: Pace): void {
  const end = performance.now();
  stats.aborted = false;
  stats.loaded = stats.total = bytes;
  stats.loading.end = end;
  stats.loading.first = end - (bytes * 8000) / pace.rateBps;
  stats.loading.start = stats.loading.first - pace.ttfbMs;
}
