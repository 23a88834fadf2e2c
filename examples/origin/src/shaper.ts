/** How a server's answers are slowed down. Absent: not at all. */
export interface Shaping {
  /** Before the first byte of an answer, ms. */
  readonly latencyMs?: number;
  /** Of one answer's body, bit/s. */
  readonly bitsPerSecondPerResponse?: number;
  /** Of all bodies together, bit/s, shared fairly: a brown-out. */
  readonly totalBitsPerSecond?: number;
}

/** Checks a shaping that came as JSON or as options. Throws a `TypeError` whose sentence names what is wrong. */
export function parseShaping(value: unknown): Shaping {
  if (typeof value !== "object" || value === null) throw new TypeError("A shaping must be a JSON object.");
  const options = value as Record<string, unknown>;
  const limits = ["latencyMs", "bitsPerSecondPerResponse", "totalBitsPerSecond"] as const;
  const given = limits.filter((name) => options[name] !== undefined && options[name] !== null);
  for (const name of given) {
    const limit = options[name];
    const valid = typeof limit === "number" && (name === "latencyMs" ? limit >= 0 : limit > 0);
    if (!valid) throw new TypeError(`${name} must be a number above 0; leave it out for no limit.`);
  }
  return Object.fromEntries(given.map((name) => [name, options[name]]));
}

/** Largest piece in which shaped bodies are sent: what one answer sends before the next has its turn. */
export const shapedChunkBytes = 16 * 1024;

/** Timers fire late; a lane may make up for so much of the past, so that its mean rate is right. */
const catchUpMs = 20;

/**
 * A lane lets bytes through at a rate. Whoever wants to send reserves and then waits; since everyone has at most one
 * reservation open, those that share a lane take turns.
 */
export class Lane {
  #freeAtMs: number;

  constructor(nowMs: number) {
    this.#freeAtMs = nowMs;
  }

  /** Reserves room for bytes; returns how long to wait before sending them, ms. No rate: no limit. */
  reserve(nowMs: number, bytes: number, bitsPerSecond: number | undefined): number {
    if (bitsPerSecond === undefined) return 0;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs - catchUpMs) + (bytes * 8000) / bitsPerSecond;
    return Math.max(0, this.#freeAtMs - nowMs);
  }
}

/** Cuts pieces so that none is larger than `maxBytes`. */
export function* chunked(pieces: Iterable<Uint8Array>, maxBytes: () => number): Iterable<Uint8Array> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; ) {
      const chunk = piece.subarray(at, at + maxBytes());
      yield chunk;
      at += chunk.byteLength;
    }
  }
}
