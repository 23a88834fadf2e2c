/** How many viewers have come back so far, at a moment. */
export interface Sample {
  readonly atMs: number;
  readonly rejoins: number;
  /** Some pod is asking its viewers to go. */
  readonly isDraining: boolean;
}

/** How evenly viewers came back while pods drained. */
export interface Wave {
  readonly moved: number;
  /** Viewers a second. */
  readonly mean: number;
  /** Viewers a second, in the busiest of the times between two samples. */
  readonly busiest: number;
}

/** @param samples about a second apart, in order; a late one counts by the time it took */
export function waveOf(samples: readonly Sample[]): Wave {
  const first = samples.findIndex(({ isDraining }) => isDraining);
  const last = samples.findLastIndex(({ isDraining }) => isDraining);
  const drained = first < 0 ? [] : samples.slice(Math.max(0, first - 1), last + 2);
  const rates = drained.slice(1).map((sample, at) => perSecond(drained[at] ?? sample, sample));
  const [from, to] = [drained.at(0), drained.at(-1)];
  if (!from || !to || rates.length === 0) return { moved: 0, mean: 0, busiest: 0 };
  return { moved: to.rejoins - from.rejoins, mean: perSecond(from, to), busiest: Math.max(...rates) };
}

const perSecond = (from: Sample, to: Sample): number =>
  (1_000 * (to.rejoins - from.rejoins)) / Math.max(1, to.atMs - from.atMs);
