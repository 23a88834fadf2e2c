import { Buckets } from "./buckets.ts";
import { COLUMNS, ISP, NO_WINDOW, REGION, readAhead, SITE, TRACK, WINDOW } from "./rows.ts";

/** From which circle of viewers a candidate was drawn, nearest first; `spare`: of those whose slots are all reserved. */
export const LEVELS = [
  "site",
  "isp-window",
  "window",
  "isp-track",
  "isp",
  "region-track",
  "track",
  "all",
  "elsewhere",
  "spare",
  "everybody",
] as const;
export type Level = (typeof LEVELS)[number];

const [SITES, ISP_WINDOWS, WINDOWS, ISP_TRACKS, ISPS, REGION_TRACKS, TRACKS, ALL] = [0, 1, 2, 3, 4, 5, 6, 7];
const SPARE = 9;
const LEVEL_BITS = 16;
const NAMES = 2 ** 21;
const FIRST_WINDOW = 2 ** 25;
/** The first two tracks of a viewer have buckets. */
const BUCKETED_TRACKS = 2;
const SPARE_SLOT = 11;
const ALL_SLOT = 10;
const SLOTS = 12;
/** From one circle at a time. */
const MOST_DRAWN = 128;

const keyOf = (level: number, a: number, b: number): number => (b * NAMES + a) * LEVEL_BITS + level;
const read = (numbers: Int32Array, row: number, column: number): number => numbers[row * COLUMNS + column] ?? 0;

/** The circles in which a row can be drawn. */
export class Levels {
  readonly #buckets = new Buckets(SLOTS);
  /** Numbers of the ISPs that have anybody to offer, without gaps. */
  readonly #isps: number[] = [];
  readonly #ispPlaces = new Map<number, number>();
  readonly #drawn = new Int32Array(MOST_DRAWN);

  /** Buckets with anybody in them. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Puts a row into all circles that it belongs to. */
  open(numbers: Int32Array, row: number): void {
    const isp = read(numbers, row, ISP);
    const site = read(numbers, row, SITE);
    const region = read(numbers, row, REGION);
    const window = read(numbers, row, WINDOW);
    if (site !== 0) this.#buckets.enter(row, 0, keyOf(SITES, site, 0));
    if (window !== NO_WINDOW) {
      this.#buckets.enter(row, 1, keyOf(ISP_WINDOWS, isp, window + FIRST_WINDOW));
      this.#buckets.enter(row, 2, keyOf(WINDOWS, 0, window + FIRST_WINDOW));
    }
    for (let at = 0; at < BUCKETED_TRACKS; at++) {
      const track = read(numbers, row, TRACK + at);
      if (track === 0 || (at === 1 && track === read(numbers, row, TRACK))) continue;
      this.#buckets.enter(row, 3 + at, keyOf(ISP_TRACKS, isp, track));
      if (region !== 0) this.#buckets.enter(row, 6 + at, keyOf(REGION_TRACKS, region, track));
      this.#buckets.enter(row, 8 + at, keyOf(TRACKS, 0, track));
    }
    if (this.#buckets.enter(row, 5, keyOf(ISPS, isp, 0))) {
      this.#ispPlaces.set(isp, this.#isps.length);
      this.#isps.push(isp);
    }
    this.#buckets.enter(row, ALL_SLOT, keyOf(ALL, 0, 0));
  }

  /** Notes a row that has slots, though all of them are reserved. */
  spare(row: number): void {
    this.#buckets.enter(row, SPARE_SLOT, keyOf(SPARE, 0, 0));
  }

  /** Takes a row out of everything. */
  close(numbers: Int32Array, row: number): void {
    for (let slot = 0; slot < SLOTS; slot++) {
      if (!this.#buckets.leave(row, slot) || slot !== 5) continue;
      const isp = read(numbers, row, ISP);
      const place = this.#ispPlaces.get(isp) ?? 0;
      const last = this.#isps.pop() ?? 0;
      this.#ispPlaces.delete(isp);
      if (last === isp) continue;
      this.#isps[place] = last;
      this.#ispPlaces.set(last, place);
    }
  }

  /**
   * Draws from the circles around a row, nearest first.
   *
   * @param take is told each row that was drawn, and from which level; one may come more than once
   * @param missing how many a whole answer still lacks
   */
  draw(
    numbers: Int32Array,
    row: number,
    count: number,
    random: () => number,
    take: (row: number, level: number) => void,
    missing: () => number,
  ): void {
    const isp = read(numbers, row, ISP);
    const site = read(numbers, row, SITE);
    const region = read(numbers, row, REGION);
    const window = read(numbers, row, WINDOW);
    if (site !== 0) this.#probe(numbers, SITES, site, 0, count, random, take);
    if (window !== NO_WINDOW) {
      // Who is ahead holds what this viewer will play; who is behind will want what it holds.
      for (let ahead = -1; ahead <= 2; ahead++) {
        const at = window + ahead + FIRST_WINDOW;
        this.#probe(numbers, ISP_WINDOWS, isp, at, ahead === 0 ? count >> 1 : count >> 2, random, take);
        this.#probe(numbers, WINDOWS, 0, at, ahead === 0 ? count >> 2 : 2, random, take);
      }
    }
    const second = read(numbers, row, TRACK + 1);
    const tracks = second === 0 || second === read(numbers, row, TRACK) ? 1 : BUCKETED_TRACKS;
    const share = (probes: number): number => Math.ceil(probes / tracks);
    for (let at = 0; at < tracks; at++) {
      this.#probe(numbers, ISP_TRACKS, isp, read(numbers, row, TRACK + at), share(count), random, take);
    }
    this.#probe(numbers, ISPS, isp, 0, (count >> 2) + missing(), random, take);
    for (let at = 0; at < tracks; at++) {
      const track = read(numbers, row, TRACK + at);
      if (region !== 0) this.#probe(numbers, REGION_TRACKS, region, track, share(4), random, take);
      this.#probe(numbers, TRACKS, 0, track, share(2 + missing()), random, take);
    }
    this.#probe(numbers, ALL, 0, 0, 2 + missing(), random, take);
  }

  /** Somebody of another ISP, each ISP as likely as the next: the small ones are those that become islands. @returns -1: nobody */
  drawElsewhere(numbers: Int32Array, row: number, random: () => number): number {
    const isps = this.#isps.length;
    if (isps === 0) return -1;
    const own = read(numbers, row, ISP);
    const drawn = Math.floor(random() * isps);
    const isp = this.#isps[drawn] === own ? this.#isps[(drawn + 1) % isps] : this.#isps[drawn];
    if (isp === undefined || isp === own) return -1;
    const bucket = this.#buckets.get(keyOf(ISPS, isp, 0));
    return bucket ? bucket.at(Math.floor(random() * bucket.size)) : -1;
  }

  /** A bounded walk through all that can be offered, or through those whose slots are reserved. */
  walk(
    which: "all" | "spare",
    steps: number,
    random: () => number,
    take: (row: number, level: number) => boolean,
  ): void {
    const level = which === "all" ? ALL : SPARE;
    const bucket = this.#buckets.get(keyOf(level ?? 0, 0, 0));
    if (!bucket) return;
    const start = Math.floor(random() * bucket.size);
    for (let i = 0; i < Math.min(steps, bucket.size); i++) {
      if (!take(bucket.at((start + i) % bucket.size), level ?? 0)) return;
    }
  }

  #probe(
    numbers: Int32Array,
    level: number | undefined,
    a: number,
    b: number,
    probes: number,
    random: () => number,
    take: (row: number, level: number) => void,
  ): void {
    const bucket = this.#buckets.get(keyOf(level ?? 0, a, b));
    if (!bucket || probes <= 0) return;
    const { size } = bucket;
    // Few are walked through: draws would meet the same ones again and again.
    const walks = size <= 2 * probes;
    const start = walks ? Math.floor(random() * size) : 0;
    const draws = Math.min(probes, size, MOST_DRAWN);
    for (let i = 0; i < draws; i++) {
      this.#drawn[i] = bucket.at(walks ? (start + i) % size : Math.floor(random() * size));
    }
    readAhead(numbers, this.#drawn, 0, draws);
    for (let i = 0; i < draws; i++) take(this.#drawn[i] ?? 0, level ?? 0);
  }
}
