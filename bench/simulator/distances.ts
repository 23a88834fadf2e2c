import { mean, quantile } from "./statistics.ts";

/** How far viewers are from each other, in connections. */
export interface Distances {
  readonly mean: number;
  readonly most: number;
  /** As far as these are viewers with as many neighbours drawn at random: nobody could do much better. */
  readonly random: number;
}

/** Viewers from which distances are measured. */
const SAMPLES = 32;

/**
 * Breadth first from a sample of viewers to all that they reach; who reaches nobody is not counted.
 *
 * @param neighbours of each viewer, as places in this list
 */
export function distances(neighbours: readonly (readonly number[])[]): Distances {
  const step = Math.max(1, Math.floor(neighbours.length / SAMPLES));
  const found: number[] = [];
  for (let from = 0; from < neighbours.length; from += step) found.push(...distancesFrom(neighbours, from));
  const degree = mean(neighbours.map(({ length }) => length));
  return {
    mean: mean(found),
    most: quantile(found, 1),
    random: degree > 1 ? Math.max(1, Math.log(neighbours.length) / Math.log(degree)) : 0,
  };
}

function distancesFrom(neighbours: readonly (readonly number[])[], from: number): number[] {
  const far = new Map([[from, 0]]);
  for (const [at, distance] of far) {
    for (const next of neighbours[at] ?? []) if (!far.has(next)) far.set(next, distance + 1);
  }
  far.delete(from);
  return [...far.values()];
}
