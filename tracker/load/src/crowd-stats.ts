import { Durations } from "./durations.ts";

/** What a crowd counted; see {@link CrowdStats}. */
export interface CrowdCounts {
  joins: number;
  /** Joins of a viewer that had been welcomed before. */
  rejoins: number;
  pairs: number;
  pairsFailed: number;
  signals: number;
  statuses: number;
  reports: number;
  moves: number;
  /** Changes of the operator's configuration that viewers were told. */
  configs: number;
  lost: number;
  leaves: number;
  noise: number;
  upBytes: number;
  downBytes: number;
  /** Part of `downBytes`. */
  sealBytes: number;
  /** Sum of the time that viewers were joined, milliseconds. */
  joinedMs: number;
  candidates: number;
  sameIspCandidates: number;
}

const zero = (): CrowdCounts => ({
  joins: 0,
  rejoins: 0,
  pairs: 0,
  pairsFailed: 0,
  signals: 0,
  statuses: 0,
  reports: 0,
  moves: 0,
  configs: 0,
  lost: 0,
  leaves: 0,
  noise: 0,
  upBytes: 0,
  downBytes: 0,
  sealBytes: 0,
  joinedMs: 0,
  candidates: 0,
  sameIspCandidates: 0,
});

/** Plain data of {@link CrowdStats}, as it travels between processes. */
export interface CrowdReport {
  readonly counts: CrowdCounts;
  readonly refusals: Readonly<Record<string, number>>;
  /** Parts of `upBytes` and `downBytes`, by `up` or `down` and the event. */
  readonly bytes: Readonly<Record<string, number>>;
  readonly join: readonly (readonly [number, number])[];
  readonly pair: readonly (readonly [number, number])[];
  readonly joined: number;
  readonly started: number;
}

/** What a crowd of viewers lived through. */
export class CrowdStats {
  readonly counts: CrowdCounts = zero();
  readonly refusals: Record<string, number> = {};
  readonly bytes: Record<string, number> = {};
  /** From the first step of a connection to its welcome. */
  readonly join = new Durations();
  /** From an offer to its answer. */
  readonly pair = new Durations();
  #joined = 0;
  #sinceMs = performance.now();
  started = 0;

  get joined(): number {
    return this.#joined;
  }

  /** A viewer joined (1) or is no longer joined (-1). */
  joinedBy(change: number): void {
    this.#count();
    this.#joined += change;
  }

  #count(): void {
    const nowMs = performance.now();
    this.counts.joinedMs += this.#joined * (nowMs - this.#sinceMs);
    this.#sinceMs = nowMs;
  }

  refused(code: string): void {
    this.refusals[code] = (this.refusals[code] ?? 0) + 1;
  }

  /** Something went over a viewer's connection. */
  carried(way: "up" | "down", what: string, bytes: number): void {
    this.counts[way === "up" ? "upBytes" : "downBytes"] += bytes;
    const name = `${way} ${what}`;
    this.bytes[name] = (this.bytes[name] ?? 0) + bytes;
  }

  report(): CrowdReport {
    this.#count();
    const { counts, refusals, bytes, joined, started } = this;
    return { counts, refusals, bytes, join: this.join.entries(), pair: this.pair.entries(), joined, started };
  }

  /** Adds what another process reported; what is put together so does not count on by itself. */
  merge(report: CrowdReport): void {
    const mine = this.counts as unknown as Record<string, number>;
    for (const [name, value] of Object.entries(report.counts)) mine[name] = (mine[name] ?? 0) + value;
    for (const [code, count] of Object.entries(report.refusals)) {
      this.refusals[code] = (this.refusals[code] ?? 0) + count;
    }
    for (const [name, bytes] of Object.entries(report.bytes)) this.bytes[name] = (this.bytes[name] ?? 0) + bytes;
    this.join.merge(report.join);
    this.pair.merge(report.pair);
    this.#joined += report.joined;
    this.started += report.started;
  }
}
