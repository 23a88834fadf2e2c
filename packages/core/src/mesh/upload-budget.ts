import type { Clock } from "../clock.ts";

/** What a viewer gives to others at the most. */
export interface UploadLimits {
  /** Bytes a second; 0 sets no limit. */
  readonly bytesPerSecond: number;
  /** Of the uplink as measured, 0 to 1; 1 sets no limit. */
  readonly share: number;
}

/** What may be sent now. What was not used is saved for a second at the most. */
export class UploadBudget {
  readonly #limits: UploadLimits;
  readonly #clock: Clock;
  /** The uplink as measured, bit/s; null while unknown. */
  readonly #uplinkBps: () => number | null;
  #savedBytes: number;
  #refilledMs: number;

  constructor(limits: UploadLimits, clock: Clock, uplinkBps: () => number | null) {
    this.#limits = limits;
    this.#clock = clock;
    this.#uplinkBps = uplinkBps;
    this.#savedBytes = limits.bytesPerSecond;
    this.#refilledMs = clock.now();
  }

  /** bit/s; Infinity where there is no limit, or nothing to take a share of yet. */
  get bps(): number {
    const { bytesPerSecond, share } = this.#limits;
    const uplinkBps = share < 1 ? this.#uplinkBps() : null;
    const ownBps = bytesPerSecond > 0 ? bytesPerSecond * 8 : Number.POSITIVE_INFINITY;
    return uplinkBps === null ? ownBps : Math.min(ownBps, uplinkBps * share);
  }

  /** Nothing may be sent until some time has passed. */
  get isSpent(): boolean {
    return Number.isFinite(this.bps) && this.#savedBytes <= 0;
  }

  /** Time has passed. */
  refill(): void {
    const nowMs = this.#clock.now();
    const { bps } = this;
    const mostBytes = bps / 8;
    const savedBytes = this.#savedBytes + ((nowMs - this.#refilledMs) * mostBytes) / 1000;
    // What was sent without a limit is no debt once there is one.
    this.#savedBytes = Number.isFinite(bps) ? Math.min(mostBytes, savedBytes) : 0;
    this.#refilledMs = nowMs;
  }

  spend(bytes: number): void {
    this.#savedBytes -= bytes;
  }
}
