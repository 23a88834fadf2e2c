/** How long nothing may come: milliseconds at most and at least, and between them a share of the time that is left. */
export type Patience = readonly [mostMs: number, leastMs: number, share: number];

/**
 * When patience ends with what last grew at `grewMs`, on the session's clock: the sooner the buffer runs dry, the sooner.
 * @param dryMs when that is
 */
export function stalledAtMs({ dryMs }: { readonly dryMs: number }, grewMs: number, patience: Patience): number {
  const [mostMs, leastMs, share] = patience;
  return grewMs + Math.max(leastMs, Math.min(mostMs, (dryMs - grewMs) * share));
}
