import type { PlayerState } from "../player.ts";

/** How long nothing may come: milliseconds at most and at least, and between them a share of the time that is left. */
export type Patience = readonly [mostMs: number, leastMs: number, share: number];

/** Kept between "all from the CDN, as the player knows it, would just be in time" and what is done about it. */
const SPARED = 1.25;
const SPARED_MS = 200;

/**
 * When patience ends with what last grew at `grewMs`, on the session's clock: the sooner the buffer runs dry, the sooner.
 * @param dryMs when that is
 */
export function stalledAtMs({ dryMs }: { readonly dryMs: number }, grewMs: number, patience: Patience): number {
  const [mostMs, leastMs, share] = patience;
  return grewMs + Math.max(leastMs, Math.min(mostMs, (dryMs - grewMs) * share));
}

/** When, with some time to spare, the player would take for lost a segment of which it hears nothing, on the session's clock. */
export function lostAtMs(
  { bufferedAheadMs, playbackRate, pace }: PlayerState,
  byteLength: number,
  nowMs: number,
): number {
  if (!pace) return Number.POSITIVE_INFINITY;
  const needsMs = pace.ttfbMs + (byteLength * 8000) / pace.rateBps;
  return nowMs + bufferedAheadMs / (playbackRate || 1) - SPARED * needsMs - SPARED_MS;
}
