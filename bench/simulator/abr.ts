/** Half-lives of the fast and the slow estimate, seconds of transfer: hls.js for live streams. */
const FAST_SECONDS = 3;
const SLOW_SECONDS = 9;
const FIRST_GUESS_BPS = 500_000;
/** Shorter transfers say nothing precise. */
const SHORTEST_MS = 50;
/** Of the estimate, what a level may need: to stay or go down, and to go up. */
const STAY_FACTOR = 0.95;
const UP_FACTOR = 0.7;
/** A level may cost so much stalling where none costs no stalling. */
const LONGEST_STARVATION_MS = 4_000;
const FIRST_BYTE_MS = 20;
/** Where even the lower level would take this many segments' length, nothing is given up. */
const MOST_SEGMENTS = 10;

/** What the network gives, as hls.js estimates it: the lower of a fast and a slow moving average. */
export class BandwidthEstimate {
  readonly #fast = new Average(FAST_SECONDS);
  readonly #slow = new Average(SLOW_SECONDS);

  sample(durationMs: number, bytes: number): void {
    const ms = Math.max(SHORTEST_MS, durationMs);
    for (const average of [this.#fast, this.#slow]) average.sample(ms / 1000, (bytes * 8000) / ms);
  }

  get bps(): number {
    return Math.min(this.#fast.value ?? FIRST_GUESS_BPS, this.#slow.value ?? FIRST_GUESS_BPS);
  }
}

/** An exponentially weighted average that does not lean towards its start. */
class Average {
  readonly #keep: number;
  #estimate = 0;
  #weight = 0;

  constructor(halfLife: number) {
    this.#keep = 0.5 ** (1 / halfLife);
  }

  sample(weight: number, value: number): void {
    const keep = this.#keep ** weight;
    this.#estimate = value * (1 - keep) + keep * this.#estimate;
    this.#weight += weight;
  }

  get value(): number | null {
    return this.#weight === 0 ? null : this.#estimate / (1 - this.#keep ** this.#weight);
  }
}

/** Where a player stands when it chooses a level. */
export interface Choice {
  readonly ladderBps: readonly number[];
  readonly level: number;
  readonly estimateBps: number;
  readonly bufferedAheadMs: number;
  readonly segmentMs: number;
}

/** The level of the next segment: the best that loads before the buffer is dry, or else that costs little stalling. */
export function chooseLevel(choice: Choice): number {
  const { segmentMs, bufferedAheadMs } = choice;
  const safe = best(choice, bufferedAheadMs);
  if (safe >= 0) return safe;
  return Math.max(0, best(choice, bufferedAheadMs + Math.min(segmentMs, LONGEST_STARVATION_MS)));
}

function best({ ladderBps, level, estimateBps, segmentMs }: Choice, withinMs: number): number {
  for (let at = ladderBps.length - 1; at >= 0; at--) {
    const bps = ladderBps[at] ?? 0;
    const usableBps = estimateBps * (at > level ? UP_FACTOR : STAY_FACTOR);
    if (usableBps >= bps && FIRST_BYTE_MS + (bps * segmentMs) / usableBps < withinMs) return at;
  }
  return -1;
}

/** A segment that is being loaded. */
export interface Loading {
  readonly level: number;
  readonly sinceMs: number;
  /** When the first of it came; null before. */
  readonly firstByteMs: number | null;
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

/** From when on a load is watched: half of the segment's length. */
export const watchedAfterMs = (segmentMs: number): number => segmentMs / 2;

/**
 * Whether a load that will not be done before the buffer is dry is given up for a lower level.
 * @returns that level, or null to go on
 */
export function abandonFor(
  { level, sinceMs, firstByteMs, loadedBytes, totalBytes }: Loading,
  { ladderBps, estimateBps, bufferedAheadMs, segmentMs }: Omit<Choice, "level">,
  nowMs: number,
): number | null {
  if (level === 0 || loadedBytes >= totalBytes || nowMs - sinceMs <= watchedAfterMs(segmentMs)) return null;
  const streamingMs = firstByteMs === null ? 0 : Math.max(1, nowMs - firstByteMs);
  const rateBps = streamingMs > 0 ? (loadedBytes * 8000) / streamingMs : estimateBps;
  const leftMs = ((totalBytes - loadedBytes) * 8000) / rateBps;
  if (leftMs <= bufferedAheadMs) return null;
  const durationMs = (at: number): number => 2 * FIRST_BYTE_MS + ((ladderBps[at] ?? 0) * segmentMs) / rateBps;
  const soonMs = Math.min(bufferedAheadMs, segmentMs + FIRST_BYTE_MS);
  let next = level - 1;
  while (next > 0 && durationMs(next) >= soonMs) next--;
  return durationMs(next) < leftMs && durationMs(next) <= MOST_SEGMENTS * segmentMs ? next : null;
}
