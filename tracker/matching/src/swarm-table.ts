import type { Candidate, PeerId, TrackId } from "@shoal/protocol";
import type { Entry, EntryPatch } from "./entry.ts";
import { LEVELS, type Level, Levels } from "./levels.ts";
import { Reservations } from "./reservations.ts";
import {
  CLOSED,
  COLUMNS,
  COUNTRY,
  FREE_SLOTS,
  FULL,
  INSIDE,
  INSIDES,
  ISP,
  NAT,
  OFF,
  OPEN,
  RESERVED,
  Rows,
  SEEN,
  SHARING,
  SITE,
  SPARE,
  STATE,
  SYMMETRIC,
  TRAITS,
  TWO_BITS,
  WITHHELD,
} from "./rows.ts";
import { SCORE_WEIGHTS, type ScoreParts, Scorer, type ScoreWeights, sharesTrack } from "./score.ts";
import { TrackCounts } from "./track-counts.ts";

/** Defaults of {@link SwarmTable}. */
export const MATCHING_DEFAULTS = {
  /** Up to this many viewers everybody is offered everybody, whatever the slots that are only reserved. */
  meshSize: 24,
  /** How long a slot that was handed out counts as taken, milliseconds. */
  reserveMs: 15_000,
  /** Share of its free slots that a viewer fills from one answer; the rest is for those who come later. */
  opens: 0.5,
  /** Share of an answer that comes from other ISPs where there are any; at least one. */
  elsewhere: 0.15,
  /** An answer shorter than this is filled up with viewers whose slots are only reserved. */
  least: 3,
  /** Two viewers behind symmetric NATs may meet: there is a TURN server for them. */
  relays: false,
  weights: SCORE_WEIGHTS as ScoreWeights,
};

/** Why somebody is a candidate. */
export interface Explanation {
  readonly peerId: PeerId;
  /** Where it was drawn. */
  readonly level: Level | null;
  readonly score: number;
  readonly parts: ScoreParts;
  readonly sameIsp: boolean;
  readonly sameTrack: boolean;
  readonly freeSlots: number;
  /** Of them handed out, and not connected yet. */
  readonly reserved: number;
}

/** Most that one answer draws before it scores. */
const MOST_FOUND = 512;
/** In the order of what was found: chosen already. */
const TAKEN = -1;
const EVERYBODY = LEVELS.indexOf("everybody");
const ELSEWHERE = LEVELS.indexOf("elsewhere");

/** The viewers of one swarm, and who is offered to whom, at a cost that does not grow with the swarm. */
export class SwarmTable {
  readonly #options: typeof MATCHING_DEFAULTS;
  readonly #rowOf = new Map<PeerId, number>();
  readonly #rows = new Rows();
  readonly #levels = new Levels();
  readonly #scorer: Scorer;
  readonly #reservations: Reservations;
  readonly #tracks = new TrackCounts();
  #answers = 0;
  /** What an answer is made in; used again for each. */
  readonly #found = new Int32Array(MOST_FOUND);
  readonly #foundLevels = new Uint8Array(MOST_FOUND);
  readonly #scores = new Float64Array(MOST_FOUND);
  readonly #order = new Int32Array(MOST_FOUND);
  readonly #chosen = new Int32Array(MOST_FOUND);
  #foundCount = 0;
  #self = 0;

  constructor(options: Partial<typeof MATCHING_DEFAULTS> = {}) {
    this.#options = { ...MATCHING_DEFAULTS, ...options };
    this.#scorer = new Scorer(this.#options.weights);
    this.#reservations = new Reservations(this.#options.reserveMs);
  }

  get size(): number {
    return this.#rowOf.size;
  }

  get(peerId: PeerId): Entry | undefined {
    const row = this.#rowOf.get(peerId);
    return row === undefined ? undefined : this.#rows.entry(row);
  }

  /** Viewers per track; a viewer of two tracks counts in both. */
  viewersByTrack(): ReadonlyMap<TrackId, number> {
    return this.#tracks.counts;
  }

  /** Adds a viewer; one of the same id is replaced. */
  add(entry: Entry): void {
    this.remove(entry.peerId);
    const row = this.#rows.add(entry);
    this.#rowOf.set(entry.peerId, row);
    this.#tracks.add(entry.tracks, 1);
    this.#place(row);
  }

  /** Changes what is known of a viewer; one who is not there is ignored. */
  update(peerId: PeerId, patch: EntryPatch): void {
    const row = this.#rowOf.get(peerId);
    const before = row === undefined ? undefined : this.#rows.entry(row);
    if (row === undefined || !before) return;
    const after: Entry = { ...before, ...patch };
    this.#reservations.settle(this.#rows, row, Math.max(0, before.freeSlots - after.freeSlots));
    const names = Object.keys(patch) as (keyof EntryPatch)[];
    if (names.every((name) => name === "freeSlots" || before[name] === after[name])) {
      this.#rows.setFreeSlots(row, after);
    } else {
      if (patch.tracks) {
        this.#tracks.add(before.tracks, -1);
        this.#tracks.add(after.tracks, 1);
      }
      this.#unplace(row);
      this.#rows.change(row, after);
    }
    this.#place(row);
  }

  remove(peerId: PeerId): void {
    const row = this.#rowOf.get(peerId);
    if (row === undefined) return;
    this.#rowOf.delete(peerId);
    this.#tracks.add(this.#rows.entry(row)?.tracks ?? [], -1);
    this.#unplace(row);
    this.#rows.remove(row);
  }

  /**
   * Whom a viewer should connect to, best first. As many as it will open connections to have a slot reserved for some
   * seconds: if all had one, a crowd that comes at once would reserve more slots than it brings.
   *
   * @param count at most this many, and at most 64
   * @param random draws from [0, 1)
   */
  pick(peerId: PeerId, count: number, nowMs: number, random: () => number): Candidate[] {
    const chosen = this.#choose(peerId, count, nowMs, random);
    const candidates: Candidate[] = [];
    const opens = Math.ceil(this.#rows.get(this.#self, FREE_SLOTS) * this.#options.opens);
    for (let at = 0; at < chosen; at++) {
      const row = this.#found[this.#chosen[at] ?? 0] ?? 0;
      const other = this.#rows.peerId(row);
      if (other === undefined) continue;
      candidates.push({ peerId: other, sameIsp: this.#isSame(row, ISP), sameTrack: this.#sharesTrack(row) });
      if (at >= opens) continue;
      this.#reservations.add(this.#rows, row, nowMs);
      this.#place(row);
    }
    return candidates;
  }

  /** What {@link pick} would answer, and why. Reserves nothing. */
  explain(peerId: PeerId, count: number, nowMs: number, random: () => number): Explanation[] {
    const chosen = this.#choose(peerId, count, nowMs, random);
    return Array.from({ length: chosen }, (_, at) => {
      const found = this.#chosen[at] ?? 0;
      return this.#explained(this.#found[found] ?? 0, LEVELS[this.#foundLevels[found] ?? 0] ?? null, nowMs);
    });
  }

  /** How good a neighbour `other` is for `peerId` now; `null` where either is not there. */
  weigh(peerId: PeerId, other: PeerId, nowMs: number): Explanation | null {
    const self = this.#rowOf.get(peerId);
    const row = this.#rowOf.get(other);
    if (self === undefined || row === undefined) return null;
    this.#self = self;
    return this.#explained(row, null, nowMs);
  }

  #explained(row: number, level: Level | null, nowMs: number): Explanation {
    const score = this.#scorer.score(this.#rows.numbers, this.#self, row, Math.floor(nowMs / 1_000));
    return {
      peerId: this.#rows.peerId(row) ?? ("" as PeerId),
      level,
      score,
      parts: this.#scorer.lastParts(),
      sameIsp: this.#isSame(row, ISP),
      sameTrack: this.#sharesTrack(row),
      freeSlots: this.#rows.get(row, FREE_SLOTS),
      reserved: this.#rows.get(row, RESERVED) & 0xffff,
    };
  }

  /** Finds, scores and chooses. @returns how many; `#chosen` holds their places in `#found` */
  #choose(peerId: PeerId, count: number, nowMs: number, random: () => number): number {
    this.#reservations.release(this.#rows, nowMs, (row) => this.#place(row));
    const self = this.#rowOf.get(peerId);
    const most = Math.min(count, 64);
    if (self === undefined || most <= 0) return 0;
    if (((this.#rows.get(self, TRAITS) >> SHARING) & TWO_BITS) === OFF) return 0;
    this.#self = self;
    this.#foundCount = 0;
    this.#answers = (this.#answers % 0x7fff_ffff) + 1;
    this.#rows.set(self, SEEN, this.#answers);
    if (this.size <= this.#options.meshSize) this.#findEverybody();
    else this.#find(most, random);
    this.#sort(nowMs);
    return this.#mix(most);
  }

  #findEverybody(): void {
    for (const row of this.#rowOf.values()) {
      if (this.#rows.get(row, FREE_SLOTS) > 0 && isOffered(this.#rows.get(row, TRAITS))) this.#take(row, EVERYBODY);
    }
  }

  #find(count: number, random: () => number): void {
    const { numbers } = this.#rows;
    const take = (row: number, level: number): void => this.#take(row, level);
    this.#levels.draw(numbers, this.#self, count, random, take, () => Math.max(0, count - this.#foundCount));
    for (let i = this.#far(count); i > 0; i--) {
      this.#take(this.#levels.drawElsewhere(numbers, this.#self, random), ELSEWHERE);
    }
    // Draws that met somebody twice leave a short answer: walk on from a random place, a bounded way.
    if (this.#foundCount < count) {
      this.#levels.walk("all", 2 * count, random, (row, level) => {
        this.#take(row, level);
        return this.#foundCount < count;
      });
    }
    if (this.#foundCount < this.#options.least) {
      this.#levels.walk("spare", 2 * count, random, (row, level) => {
        this.#take(row, level);
        return this.#foundCount < this.#options.least;
      });
    }
  }

  #take(row: number, level: number): void {
    const { numbers } = this.#rows;
    if (row < 0 || this.#foundCount === MOST_FOUND || numbers[row * COLUMNS + SEEN] === this.#answers) return;
    numbers[row * COLUMNS + SEEN] = this.#answers;
    if (!this.#mayMeet(row)) return;
    this.#found[this.#foundCount] = row;
    this.#foundLevels[this.#foundCount] = level;
    this.#foundCount++;
  }

  /** Two symmetric NATs cannot meet without a relay; and some may only meet their own. */
  #mayMeet(other: number): boolean {
    const own = this.#rows.get(this.#self, TRAITS);
    const others = this.#rows.get(other, TRAITS);
    const symmetric = ((own >> NAT) & TWO_BITS) === SYMMETRIC && ((others >> NAT) & TWO_BITS) === SYMMETRIC;
    if (symmetric && !this.#options.relays) return false;
    if ((((own | others) >> INSIDE) & TWO_BITS) === 0) return true;
    return (
      this.#staysInside((own >> INSIDE) & TWO_BITS, other) && this.#staysInside((others >> INSIDE) & TWO_BITS, other)
    );
  }

  #staysInside(inside: number, other: number): boolean {
    const word = INSIDES[inside] ?? null;
    if (word === null) return true;
    const column = word === "isp" ? ISP : word === "site" ? SITE : COUNTRY;
    return this.#rows.get(this.#self, column) !== 0 && this.#isSame(other, column);
  }

  /** Best first; equals stay in the order in which they were drawn. */
  #sort(nowMs: number): void {
    const nowS = Math.floor(nowMs / 1_000);
    const { numbers } = this.#rows;
    for (let at = 0; at < this.#foundCount; at++) {
      const score = this.#scorer.score(numbers, this.#self, this.#found[at] ?? 0, nowS);
      this.#scores[at] = score;
      let place = at;
      for (; place > 0; place--) {
        const before = this.#order[place - 1] ?? 0;
        if ((this.#scores[before] ?? 0) >= score) break;
        this.#order[place] = before;
      }
      this.#order[place] = at;
    }
  }

  /**
   * The best, but some of them from other ISPs, so that none becomes an island. Those stand at even distances: a viewer
   * opens connections to the first few only.
   *
   * @returns how many are in `#chosen`
   */
  #mix(count: number): number {
    if (this.#foundCount <= count) {
      for (let at = 0; at < this.#foundCount; at++) this.#chosen[at] = this.#order[at] ?? 0;
      return this.#foundCount;
    }
    let others = 0;
    for (let at = 0; at < this.#foundCount; at++) if (!this.#isSame(this.#at(at), ISP)) others++;
    const far = Math.min(this.#far(count), others);
    const step = far === 0 ? count + 1 : Math.floor(count / far);
    let nextFar = 0;
    let nextBest = 0;
    for (let chosen = 0; chosen < count; chosen++) {
      const isFarsTurn = (chosen + 1) % step === 0 && (chosen + 1) / step <= far;
      if (isFarsTurn) nextFar = this.#nextFar(nextFar);
      else while (this.#order[nextBest] === TAKEN) nextBest++;
      const place = isFarsTurn ? nextFar : nextBest;
      this.#chosen[chosen] = this.#order[place] ?? 0;
      this.#order[place] = TAKEN;
    }
    return count;
  }

  /** The best of another ISP that is not chosen yet, from a place of the order on; where all are, the best of any. */
  #nextFar(from: number): number {
    for (let at = from; at < this.#foundCount; at++) {
      if (this.#order[at] !== TAKEN && !this.#isSame(this.#at(at), ISP)) return at;
    }
    let first = 0;
    while (this.#order[first] === TAKEN) first++;
    return first;
  }

  /** The row at a place of the order. */
  #at(place: number): number {
    return this.#found[this.#order[place] ?? 0] ?? 0;
  }

  #far(count: number): number {
    const { elsewhere } = this.#options;
    return elsewhere === 0 ? 0 : Math.max(1, Math.round(count * elsewhere));
  }

  #isSame(other: number, column: number): boolean {
    return this.#rows.get(this.#self, column) === this.#rows.get(other, column);
  }

  #sharesTrack(other: number): boolean {
    return sharesTrack(this.#rows.numbers, this.#self, other);
  }

  /** Puts a viewer where it can be drawn, or takes it out while it has no slot to give. */
  #place(row: number): void {
    const traits = this.#rows.get(row, TRAITS);
    const slots = this.#rows.get(row, FREE_SLOTS);
    const gives = isOffered(traits) && ((traits >> SHARING) & TWO_BITS) === FULL && slots > 0;
    const state = !gives ? CLOSED : slots > (this.#rows.get(row, RESERVED) & 0xffff) ? OPEN : SPARE;
    if (this.#rows.get(row, STATE) === state) return;
    this.#unplace(row);
    this.#rows.set(row, STATE, state);
    if (state === OPEN) this.#levels.open(this.#rows.numbers, row);
    else if (state === SPARE) this.#levels.spare(row);
  }

  #unplace(row: number): void {
    if (this.#rows.get(row, STATE) === CLOSED) return;
    this.#levels.close(this.#rows.numbers, row);
    this.#rows.set(row, STATE, CLOSED);
  }
}

const isOffered = (traits: number): boolean => (traits & WITHHELD) === 0 && ((traits >> SHARING) & TWO_BITS) !== OFF;
