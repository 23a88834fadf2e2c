/** How a process is doing. */
export interface PodLoad {
  /** Open connections. */
  readonly sockets: number;
  readonly residentBytes: number;
  /** By how much the event loop is late, 9 of 10 times, milliseconds. */
  readonly loopDelayMs: number;
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
/** Viewers are told to wait this long for their turn rather than refused, milliseconds. */
const QUEUE_MS = 5_000;
/** Joins of so long may come at once, milliseconds of the rate. */
const BURST_MS = 1_000;
/** Where a process begins, and what it always takes, joins a second. */
const FIRST_RATE = 400;
const LEAST_RATE = 100;
/** The rate falls and rises by these factors at each look. */
const FALL = 0.9;
const RISE = 1.1;
/** Refused for the event loop only when it is this many times later than it should be: the rate acts before. */
const HOPELESS = 4;

/**
 * Decides who may come in. Joins are let in at a rate that finds what the process can do: it rises while joins are turned
 * away and the event loop is on time, and falls while the loop is late. So a crowd of three times what the process can take
 * is served at its maximum throughout, and the rest is told when to come again.
 */
export class AdmissionControl {
  readonly #limits: AdmissionLimits;
  readonly #random: () => number;
  #rate: number;
  #assigned = Number.NEGATIVE_INFINITY;
  #entered = Number.NEGATIVE_INFINITY;
  #turnedAway = false;

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
    const turnMs = Math.max(this.#assigned, nowMs - BURST_MS);
    const delayMs = Math.max(0, turnMs - nowMs);
    if (delayMs > QUEUE_MS) return this.#refuse("joins");
    this.#assigned = turnMs + 1_000 / this.#rate;
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
    // Other pods give out turns as well: what was promised is kept unless it comes in twice the time.
    if (turnMs > nowMs + (isAssigned ? 2 * BURST_MS : 0)) {
      this.#turnedAway = true;
      return "joins";
    }
    this.#entered = turnMs + 1_000 / this.#rate;
    return null;
  }

  /** Adapts the rate; to be called a few times a second. */
  look({ loopDelayMs }: PodLoad): void {
    const { joinsPerSecond, maxLoopDelayMs } = this.#limits;
    if (this.#rate === 0 || maxLoopDelayMs === 0) return;
    if (loopDelayMs > maxLoopDelayMs) this.#rate = Math.max(LEAST_RATE, this.#rate * FALL);
    else if (this.#turnedAway && loopDelayMs < maxLoopDelayMs / 2) {
      this.#rate = Math.min(joinsPerSecond, this.#rate * RISE);
    }
    this.#turnedAway = false;
  }

  #refuse(reason: FullReason): Assignment {
    if (reason === "joins") this.#turnedAway = true;
    return { ok: false, reason, retryAfterMs: retryAfterMs(this.#random) };
  }
}

/** When a refused viewer should ask again, drawn so that those refused together do not come together. */
export const retryAfterMs = (random: () => number): number => Math.round(RETRY_AFTER_MS * (1 + random()));
