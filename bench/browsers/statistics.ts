/** The middle value, or the mean of the two in the middle; null where there are none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** The least value that so great a share of all does not exceed; null where there are none. */
export function quantile(values: readonly number[], share: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? null;
}

/** null where there are none. */
export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : sum(values) / values.length;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A share; null of nothing. */
export const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);
export const percent = (share: number | null): number | null => (share === null ? null : share * 100);

/** A figure over repeated runs. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly values: readonly number[];
}

/** null where no run could measure it; runs that could not are left out. */
export function spread(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null);
  const middle = median(known);
  return middle === null
    ? null
    : { median: middle, least: Math.min(...known), most: Math.max(...known), values: known };
}

/** A median and the value that it is below with a certainty of 95 %. */
export interface Bounded {
  readonly median: number;
  readonly upper95: number;
}

const RESAMPLES = 4_000;

/**
 * The bootstrap's one-sided 95 % bound of the median (percentile method); null where there are no values.
 *
 * @param unit gives numbers from 0 up to but not including 1
 * @param resamples how often the values are drawn anew
 */
export function boundedMedian(
  values: readonly number[],
  unit: () => number,
  resamples: number = RESAMPLES,
): Bounded | null {
  const middle = median(values);
  if (middle === null) return null;
  const medians = Array.from({ length: resamples }, () => {
    const drawn = values.map((value) => values[Math.floor(unit() * values.length)] ?? value);
    return median(drawn) ?? middle;
  }).toSorted((a, b) => a - b);
  return { median: middle, upper95: medians[Math.ceil(resamples * 0.95) - 1] ?? middle };
}
