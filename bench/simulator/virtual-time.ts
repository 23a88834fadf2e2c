import type { Clock } from "@shoal/core";

interface Timer {
  readonly atMs: number;
  /** Timers of one moment fire in the order they were set. */
  readonly order: number;
  /** Null once cancelled: it stays in the heap until its time comes. */
  callback: (() => void) | null;
}

/** Events between two looks at the world outside (signals, a test's time limit). */
const BURST = 2_000;

/**
 * A {@link Clock} that goes from event to event without waiting: a binary heap, so that an event costs O(log n) with
 * millions of them open. After each event every promise that can settle has settled: the engine's own microtasks belong
 * to the moment that caused them.
 */
export class VirtualTime implements Clock {
  readonly #heap: Timer[] = [];
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
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#push(timer);
    return () => {
      timer.callback = null;
    };
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
      const burst = (): void => {
        left = BURST;
        for (let i = 0; i < BURST; i++) setImmediate(step);
      };
      // One immediate an event: Node drains all microtasks between two of them.
      const step = (): void => {
        left--;
        if (ended) return;
        const callback = this.#next(untilMs);
        if (callback === null) {
          this.#nowMs = Math.max(this.#nowMs, untilMs);
          return end(resolve);
        }
        try {
          callback();
        } catch (error) {
          return end(() => reject(error));
        }
        if (left === 0) burst();
      };
      burst();
    });
  }

  /** Takes the next event that was not cancelled and moves the time there; null if there is none before `untilMs`. */
  #next(untilMs: number): (() => void) | null {
    for (let first = this.#heap[0]; first && first.atMs <= untilMs; first = this.#heap[0]) {
      this.#pop();
      if (!first.callback) continue;
      this.#nowMs = first.atMs;
      this.#events++;
      return first.callback;
    }
    return null;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
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

  #pop(): void {
    const heap = this.#heap;
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
}

const isBefore = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
