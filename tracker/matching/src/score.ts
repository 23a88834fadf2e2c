import { DEVICE_CLASSES } from "@shoal/protocol";
import { MATCHED_TRACKS } from "./entry.ts";
import {
  COLUMNS,
  CONE,
  DEVICE,
  FAILED_S,
  FOUR_BITS,
  FREE_SLOTS,
  FULL,
  ISP,
  NAT,
  NO_WINDOW,
  PROVEN,
  REGION,
  RESERVED,
  SHARING,
  SITE,
  SYMMETRIC,
  TRACK,
  TRAITS,
  TWO_BITS,
  WINDOW,
} from "./rows.ts";

/**
 * What counts in a match, and how much. Site before playhead (on demand only) before ISP before track before region
 * before device; who only takes, or lately did not answer, comes last.
 */
export const SCORE_WEIGHTS = {
  site: 32,
  playhead: 16,
  isp: 12,
  track: 4,
  region: 3,
  device: 2,
  slots: 1,
  nat: 0.5,
  proven: 0.5,
  takesOnly: -32,
  failed: -16,
};

/** How much each part counts. */
export type ScoreWeights = Readonly<typeof SCORE_WEIGHTS>;
/** Parts of a score by their names. */
export type ScoreParts = Readonly<Record<keyof ScoreWeights, number>>;

const NAMES = Object.keys(SCORE_WEIGHTS) as (keyof ScoreWeights)[];
const MAINS_POWERED = DEVICE_CLASSES.map((device) => ["desktop", "tv", "set-top-box"].includes(device));
/** More free slots make nobody a better neighbour: else newcomers would only meet newcomers. */
const ENOUGH_SLOTS = 3;
/** An offer that came to nothing is held against a viewer for so long, less each second. */
const FORGET_S = 60;

/** Scores of viewers for one another, from their rows. */
export class Scorer {
  readonly #weights: Float64Array;
  readonly #parts = new Float64Array(NAMES.length);

  constructor(weights: ScoreWeights) {
    this.#weights = Float64Array.from(NAMES, (name) => weights[name]);
  }

  /** How good a neighbour `other` would be; higher is better. */
  score(numbers: Int32Array, self: number, other: number, nowS: number): number {
    const a = self * COLUMNS;
    const b = other * COLUMNS;
    const parts = this.#parts;
    const site = numbers[a + SITE] ?? 0;
    const region = numbers[a + REGION] ?? 0;
    const traits = numbers[b + TRAITS] ?? 0;
    const nat = (traits >> NAT) & TWO_BITS;
    const slots = (numbers[b + FREE_SLOTS] ?? 0) - ((numbers[b + RESERVED] ?? 0) & 0xffff);
    const failed = numbers[b + FAILED_S] ?? 0;
    parts[0] = site !== 0 && site === numbers[b + SITE] ? 1 : 0;
    parts[1] = abreast(numbers[a + WINDOW] ?? 0, numbers[b + WINDOW] ?? 0);
    parts[2] = numbers[a + ISP] === numbers[b + ISP] ? 1 : 0;
    parts[3] = sharesTrack(numbers, self, other) ? 1 : 0;
    parts[4] = region !== 0 && region === numbers[b + REGION] ? 1 : 0;
    parts[5] = MAINS_POWERED[(traits >> DEVICE) & FOUR_BITS] ? 1 : 0;
    parts[6] = Math.max(0, Math.min(slots, ENOUGH_SLOTS)) / ENOUGH_SLOTS;
    parts[7] = nat === CONE ? 1 : nat === SYMMETRIC ? -1 : 0;
    parts[8] = (traits & PROVEN) !== 0 ? 1 : 0;
    parts[9] = ((traits >> SHARING) & TWO_BITS) === FULL ? 0 : 1;
    parts[10] = failed === 0 ? 0 : Math.max(0, 1 - Math.max(0, nowS - failed) / FORGET_S);
    let sum = 0;
    for (let at = 0; at < parts.length; at++) sum += (parts[at] ?? 0) * (this.#weights[at] ?? 0);
    return sum;
  }

  /** The parts of the score that was computed last. */
  lastParts(): ScoreParts {
    const parts: Partial<Record<keyof ScoreWeights, number>> = {};
    for (const [at, name] of NAMES.entries()) parts[name] = (this.#parts[at] ?? 0) * (this.#weights[at] ?? 0);
    return parts as ScoreParts;
  }
}

/** Whether two viewers play one of the same tracks. */
export function sharesTrack(numbers: Int32Array, a: number, b: number): boolean {
  for (let i = 0; i < MATCHED_TRACKS; i++) {
    const track = numbers[a * COLUMNS + TRACK + i] ?? 0;
    if (track === 0) break;
    for (let j = 0; j < MATCHED_TRACKS; j++) {
      const theirs = numbers[b * COLUMNS + TRACK + j] ?? 0;
      if (theirs === track) return true;
      if (theirs === 0) break;
    }
  }
  return false;
}

/** 1 for who plays the same minute or up to two ahead; less for who is near; 0 for others, and where anybody is live. */
function abreast(own: number, others: number): number {
  if (own === NO_WINDOW || others === NO_WINDOW) return 0;
  const ahead = others - own;
  if (ahead >= 0 && ahead <= 2) return 1;
  return ahead === -1 ? 0.6 : ahead >= -3 && ahead <= 5 ? 0.3 : 0;
}
