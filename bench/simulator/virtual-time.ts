import type { Clock } from "@shoal/core";

/** What an event calls, with what was given for it. Null once cancelled: the timer stays where it is until its time comes. */
type Callback = ((a: never, b: never) => unknown) | null;

interface Timer {
  readonly atMs: number;
  /** Timers of one moment fire in the order they were set. */
  readonly order: number;
  callback: Callback;
  readonly a: unknown;
  readonly b: unknown;
  /** The engine may have been called: its promises settle before the next event. */
  readonly settles: boolean;
}

/** Events between two looks at the world outside (signals, a test's time limit). */
const BURST = 2_000;
/** Node's own way to settle all promises that can settle; nothing documents it, so it may be gone one day. */
const { _tickCallback: settlePromises } = process as { readonly _tickCallback?: () => void };
/** Milliseconds ahead that are kept apart, each with its events; what is later waits in a list of its own. */
const SLOTS = 2 ** 14;

/**
 * A {@link Clock} that goes from event to event without waiting. Events lie in one slot for each millisecond and are put
 * in order when their slot comes, so that an event costs the same with millions of them open, and a cancelled one nothing.
 * After each event every promise that can settle has settled: the engine's own microtasks belong to the moment that
 * caused them.
 */
export class VirtualTime implements Clock {
  readonly #slots: Timer[][] = Array.from({ length: SLOTS }, () => []);
  /** Beyond the slots. */
  #later: Timer[] = [];
  /** The slot that is being lived through, in order, and how far it is. */
  #current: Timer[] = [];
  #at = 0;
  #slot = 0;
  /** What was set for the current slot while it was lived through: a binary heap. */
  readonly #soon: Timer[] = [];
  readonly #epochMs: number;
  #nowMs = 0;
  #order = 0;
  #events = 0;

  /** @param epochMs wall time at the start, milliseconds since 1970 */
  constructor(epochMs: number = 1_800_000_000_000) {
    this.#epochMs = epochMs;
  }

  /** Events that have happened. */
  get events(): number {
    return this.#events;
  }

  now(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#epochMs + this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = this.#add(delayMs, callback, undefined, undefined, true);
    return () => {
      timer.callback = null;
    };
  }

  /** One that is never cancelled. There are millions of these: what it is about is given, so that no closure need be made. */
  call<A, B>(delayMs: number, callback: (a: A, b: B) => void, a: A, b: B): void {
    this.#add(delayMs, callback, a, b, true);
  }

  /** The same for an event of the simulator's own, which makes no promises. */
  quietly<A>(delayMs: number, callback: (a: A) => void, a: A): void {
    this.#add(delayMs, callback, a, undefined, false);
  }

  /**
   * Lets time go on until `untilMs`, events at that very moment included.
   * @throws whatever an event's callback throws; time then stands at that event
   */
  run(untilMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = 0;
      let ended = false;
      const end = (settle: () => void): void => {
        ended = true;
        settle();
      };
      // Node settles all promises between two immediates: one for each event that may make some, where it cannot be asked to.
      const burst = (): void => {
        left = settlePromises ? 1 : BURST;
        for (let i = 0; i < left; i++) setImmediate(step);
      };
      const step = (): void => {
        left--;
        if (ended) return;
        try {
          for (let settled = 0; settled < BURST; ) {
            const timer = this.#next(untilMs);
            if (timer === null) {
              this.#nowMs = Math.max(this.#nowMs, untilMs);
              return end(resolve);
            }
            timer.callback?.(timer.a as never, timer.b as never);
            if (!timer.settles) continue;
            if (!settlePromises) break;
            settlePromises();
            settled++;
          }
        } catch (error) {
          return end(() => reject(error));
        }
        if (left === 0) burst();
      };
      burst();
    });
  }

  #add(delayMs: number, callback: Callback, a: unknown, b: unknown, settles: boolean): Timer {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const timer: Timer = { atMs, order: this.#order++, callback, a, b, settles };
    this.#set(timer);
    return timer;
  }

  #set(timer: Timer): void {
    const slot = Math.floor(timer.atMs);
    if (slot <= this.#slot) push(this.#soon, timer);
    else if (slot < this.#slot + SLOTS) this.#slots[slot % SLOTS]?.push(timer);
    else this.#later.push(timer);
  }

  /** Takes the next event that was not cancelled and moves the time there; null if there is none before `untilMs`. */
  #next(untilMs: number): Timer | null {
    for (;;) {
      const timer = this.#first();
      if (!timer) {
        if (this.#slot >= untilMs) return null;
        this.#advance();
      } else if (timer.atMs > untilMs) return null;
      else {
        this.#take(timer);
        if (!timer.callback) continue;
        this.#nowMs = timer.atMs;
        this.#events++;
        return timer;
      }
    }
  }

  /** The first event of the current slot. */
  #first(): Timer | undefined {
    const planned = this.#current[this.#at];
    const [sudden] = this.#soon;
    if (!planned || !sudden) return planned ?? sudden;
    return isBefore(planned, sudden) ? planned : sudden;
  }

  #take(timer: Timer): void {
    if (timer === this.#current[this.#at]) this.#at++;
    else pop(this.#soon);
  }

  #advance(): void {
    this.#slot++;
    const place = this.#slot % SLOTS;
    if (place === 0) this.#sortIn();
    const slot = this.#slots[place] ?? [];
    this.#current = slot.length === 0 ? slot : slot.filter(({ callback }) => callback !== null).sort(inOrder);
    this.#at = 0;
    this.#slots[place] = [];
  }

  /** Gives what was far off its slot, once it is near enough. */
  #sortIn(): void {
    const later = this.#later;
    this.#later = [];
    for (const timer of later) if (timer.callback) this.#set(timer);
  }
}

const inOrder = (a: Timer, b: Timer): number => a.atMs - b.atMs || a.order - b.order;
const isBefore = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

function push(heap: Timer[], timer: Timer): void {
  let at = heap.length;
  heap.push(timer);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (!parent || isBefore(parent, timer)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = timer;
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    if (!left) break;
    const rightFirst = right !== undefined && isBefore(right, left);
    const below = rightFirst ? right : left;
    if (isBefore(last, below)) break;
    heap[at] = below;
    at = 2 * at + (rightFirst ? 2 : 1);
  }
  heap[at] = last;
}
