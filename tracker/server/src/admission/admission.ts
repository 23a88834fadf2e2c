import { Turns } from "./turns.ts";

/** How a process is doing. */
export interface PodLoad {
  /** Open connections. */
  readonly sockets: number;
  readonly residentBytes: number;
  /** By how much the event loop is late, 9 of 10 times, milliseconds. */
  readonly loopDelayMs: number;
  /** Share of the time in which the event loop has work, 0 to 1. */
  readonly busyShare: number;
}

/** From where on a process takes nobody in. 0 turns a limit off. */
export interface AdmissionLimits {
  readonly maxSockets: number;
  /** Joins a second at most; fewer are taken while the event loop is late. */
  readonly joinsPerSecond: number;
  readonly maxLoopDelayMs: number;
  readonly maxResidentBytes: number;
}

export type FullReason = "sockets" | "joins" | "loop-delay" | "memory";

/** What a viewer that wants to join is told. */
export type Assignment =
  | { readonly ok: true; readonly delayMs: number }
  | { readonly ok: false; readonly reason: FullReason; readonly retryAfterMs: number };

/** A refused viewer waits at least this long, and up to as long again, milliseconds. */
export const RETRY_AFTER_MS = 30_000;
/** Who is given a turn no sooner than this waits for others, milliseconds: more want in than are let in. */
const WAITS_MS = 500;
/**
 * Joins of so long may come at once, milliseconds of the rate: as long as the loop may be late, no longer. A second's worth,
 * saved up while the loop stood, would make it stand again.
 */
const BURST_MS = 250;
/** Other pods give out turns as well: who was given one comes up to this much before its time, milliseconds of the rate. */
const AHEAD_MS = 1_000;
/** Where a process begins, and what it always takes, joins a second. */
const FIRST_RATE = 400;
const LEAST_RATE = 100;
/** So busy the process is kept while joins are turned away; the rest is for what those who are in say. */
const BUSY_SHARE = 0.85;
/**
 * The rate rises by no more than this at each look, and falls to no less: what a join costs comes later than the join, with
 * its signals, so that each step shows only some looks later.
 */
const MOST_RISE = 1.12;
const MOST_FALL = 0.8;
/** A join with its pairs is the work of so many refusals. */
const JOIN_WORK = 10;
/** Where refusing is what keeps the process busy, joins keep this share of the work: fewer of them would not help. */
const JOIN_SHARE = 0.25;
/** How much of the way to the wanted share is gone at each look, as a power. */
const GAIN = 0.5;
/** Refused for the event loop only when it is this many times later than it should be: the rate acts before. */
const HOPELESS = 20;

/**
 * Decides who may come in. Joins are let in at a rate that finds what the process can do: it keeps the event loop as busy as
 * it may be while joins are turned away, and falls while the loop is late. So a crowd of three times what the process can take
 * is served at its maximum throughout, and the rest is told when to come again.
 */
export class AdmissionControl {
  readonly #limits: AdmissionLimits;
  readonly #random: () => number;
  #rate: number;
  readonly #turns = new Turns();
  #entered = Number.NEGATIVE_INFINITY;
  #turnedAway = false;
  #wasLate = false;
  #joins = 0;
  #refusals = 0;

  constructor(limits: AdmissionLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
    this.#rate = limits.joinsPerSecond === 0 ? 0 : Math.min(FIRST_RATE, limits.joinsPerSecond);
  }

  /** Joins a second that are let in now; 0: as many as come. */
  get rate(): number {
    return this.#rate;
  }

  /** Why nobody is taken in at all, or null. */
  full({ sockets, residentBytes, loopDelayMs }: PodLoad): FullReason | null {
    const { maxSockets, maxLoopDelayMs, maxResidentBytes } = this.#limits;
    if (sockets >= maxSockets) return "sockets";
    if (maxResidentBytes > 0 && residentBytes >= maxResidentBytes) return "memory";
    if (maxLoopDelayMs > 0 && loopDelayMs >= HOPELESS * maxLoopDelayMs) return "loop-delay";
    return null;
  }

  /** A viewer asks where to go: it is given a turn within the next seconds, or the time to ask again. */
  assign(load: PodLoad, nowMs: number): Assignment {
    const reason = this.full(load);
    if (reason !== null) return this.#refuse(reason);
    if (this.#rate === 0) return { ok: true, delayMs: 0 };
    const delayMs = this.#turns.take(nowMs, this.#rate);
    if (delayMs === null) return this.#refuse("joins");
    if (delayMs >= WAITS_MS) this.#turnedAway = true;
    return { ok: true, delayMs: Math.round(delayMs) };
  }

  /**
   * A connection wants to become a socket.
   *
   * @param isAssigned it was given its turn, here or by another pod
   * @returns why it may not, or null
   */
  enter(load: PodLoad, isAssigned: boolean, nowMs: number): FullReason | null {
    const reason = this.full(load);
    if (reason !== null || this.#rate === 0) return reason;
    const turnMs = Math.max(this.#entered, nowMs - BURST_MS);
    if (turnMs > nowMs + (isAssigned ? AHEAD_MS : 0)) {
      this.#turnedAway = true;
      this.#refusals++;
      return "joins";
    }
    this.#joins++;
    this.#entered = turnMs + 1_000 / this.#rate;
    return null;
  }

  /** Adapts the rate; to be called a few times a second. */
  look({ loopDelayMs, busyShare }: PodLoad): void {
    const { joinsPerSecond, maxLoopDelayMs } = this.#limits;
    if (this.#rate === 0 || maxLoopDelayMs === 0) return;
    const isLate = loopDelayMs > maxLoopDelayMs;
    const wanted = (BUSY_SHARE / Math.max(busyShare, 0.01)) ** GAIN;
    // Once late may be a pause for garbage, or a neighbour on the machine; twice is too much work.
    const step = isLate && this.#wasLate ? MOST_FALL : Math.max(MOST_FALL, Math.min(MOST_RISE, wanted));
    const work = JOIN_WORK * this.#joins;
    const isOfJoins = work >= JOIN_SHARE * (work + this.#refusals);
    if (step < 1 ? isOfJoins : this.#turnedAway && !isLate) {
      this.#rate = Math.min(joinsPerSecond, Math.max(LEAST_RATE, this.#rate * step));
    }
    this.#wasLate = isLate;
    this.#turnedAway = false;
    this.#joins = 0;
    this.#refusals = 0;
  }

  #refuse(reason: FullReason): Assignment {
    if (reason === "joins") {
      this.#turnedAway = true;
      this.#refusals++;
    }
    return { ok: false, reason, retryAfterMs: retryAfterMs(this.#random) };
  }
}

/** When a refused viewer should ask again, drawn so that those refused together do not come together. */
export const retryAfterMs = (random: () => number): number => Math.round(RETRY_AFTER_MS * (1 + random()));
