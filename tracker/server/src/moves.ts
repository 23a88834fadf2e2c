import { type Move, TRACKER_EVENTS } from "@shoal/protocol";
import type { ViewerSocket } from "./sockets/viewer-server.ts";

/** A pod with more than this many times the mean asks some of its viewers to go elsewhere. */
const EXCESS = 1.25;
/** It asks at most this share of them a second. */
const SHARE_A_SECOND = 0.01;
/** Small pods differ by chance. */
const LEAST_SOCKETS = 200;

/**
 * How many viewers a pod should ask to move now, so that pods become alike and no wave runs through them.
 *
 * @param others sockets of the other pods that take viewers
 * @param sinceMs time since it was asked last
 */
export function excessOf(own: number, others: readonly number[], sinceMs: number): number {
  if (others.length === 0 || own < LEAST_SOCKETS) return 0;
  const mean = (own + others.reduce((sum, sockets) => sum + sockets, 0)) / (others.length + 1);
  if (own <= EXCESS * mean) return 0;
  return Math.min(Math.ceil(own - mean), Math.floor((own * SHARE_A_SECOND * sinceMs) / 1_000));
}

/** A viewer asked to move comes back elsewhere within this time, milliseconds. */
const MOVE_WITHIN_MS = 10_000;
/** A socket that was replaced by the same viewer's next one may stay for this long, milliseconds. */
const OVERLAP_MS = 30_000;

interface Held {
  readonly socket: ViewerSocket;
  /** When it has been here long enough, milliseconds; infinite where connections may grow old. */
  readonly oldAtMs: number;
  isAsked: boolean;
}

/** The sockets of this pod, and which of them are asked to go to another. */
export class Moves {
  readonly #held = new Map<object, Held>();
  readonly #maxAgeMs: number;
  readonly #random: () => number;
  readonly #asked: (count: number) => void;

  /** @param maxAgeMs after about so long a connection is asked to move; 0: never */
  constructor(maxAgeMs: number, random: () => number, asked: (count: number) => void) {
    this.#maxAgeMs = maxAgeMs;
    this.#random = random;
    this.#asked = asked;
  }

  enter(viewer: object, socket: ViewerSocket, nowMs: number): void {
    const ageMs = this.#maxAgeMs === 0 ? Number.POSITIVE_INFINITY : this.#maxAgeMs * (0.75 + this.#random() / 2);
    this.#held.set(viewer, { socket, oldAtMs: nowMs + ageMs, isAsked: false });
  }

  leave(viewer: object): void {
    this.#held.delete(viewer);
  }

  /** The same viewer came on another socket. One that was asked to move closes the old one itself. */
  replaced(viewer: object): void {
    const held = this.#held.get(viewer);
    if (!held) return;
    if (held.isAsked) setTimeout(() => held.socket.close(), OVERLAP_MS).unref();
    else held.socket.close();
  }

  /** Asks so many, drawn at random, and whoever has been here long enough. */
  ask(count: number, nowMs: number): void {
    let asked = 0;
    let left = this.#held.size;
    let wanted = count;
    for (const held of this.#held.values()) {
      const isDrawn = this.#random() * left-- < wanted;
      if (isDrawn) wanted--;
      if (held.isAsked || !(isDrawn || held.oldAtMs <= nowMs)) continue;
      this.#tell(held, MOVE_WITHIN_MS);
      asked++;
    }
    this.#asked(asked);
  }

  /** Asks everybody: each goes at a moment of its own within the window. */
  askAll(withinMs: number): void {
    for (const held of this.#held.values()) this.#tell(held, withinMs);
    this.#asked(this.#held.size);
  }

  #tell(held: Held, withinMs: number): void {
    held.isAsked = true;
    held.socket.emit(TRACKER_EVENTS.move, { withinMs } satisfies Move);
  }
}
