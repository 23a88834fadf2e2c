import type { Log } from "@shoal/sealer";
import { type Cluster, ConflictError } from "./cluster.ts";
import { nextMove, type Observation, observe, stillLeads } from "./election.ts";

/** Holds the Lease, or waits for it. */
export class Leadership {
  readonly #cluster: Pick<Cluster, "lease" | "putLease">;
  readonly #identity: string;
  readonly #seconds: number;
  readonly #log: Log;
  readonly #nowMs: () => number;
  #seen: Observation | null = null;
  #renewedAtMs: number | null = null;

  /** @param nowMs a clock that never goes back, milliseconds */
  constructor(
    cluster: Pick<Cluster, "lease" | "putLease">,
    { identity, seconds }: { readonly identity: string; readonly seconds: number },
    log: Log,
    nowMs: () => number,
  ) {
    this.#cluster = cluster;
    this.#identity = identity;
    this.#seconds = seconds;
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** Whether this one may act now. */
  get leads(): boolean {
    return this.#renewedAtMs !== null && stillLeads(this.#renewedAtMs, this.#seconds, this.#nowMs());
  }

  /** Looks at the Lease and renews or takes it where that is right. Never rejects. */
  async turn(): Promise<void> {
    // Counted from before the request: how long it took is nobody's to lead in.
    const beganMs = this.#nowMs();
    const led = this.leads;
    try {
      const held = await this.#cluster.lease();
      if (!held) {
        await this.#put(0, null);
      } else {
        this.#seen = observe(this.#seen, held, beganMs);
        const move = nextMove(this.#seen, this.#identity, beganMs);
        if (move === "wait") {
          this.#renewedAtMs = null;
          return;
        }
        await this.#put(held.record.transitions + (move === "take" ? 1 : 0), held.version);
      }
      this.#renewedAtMs = beganMs;
      if (!led) this.#log.info("leads", { identity: this.#identity });
    } catch (error) {
      if (error instanceof ConflictError) this.#renewedAtMs = null;
      else this.#log.warn("lease-not-reached", { reason: String(error) });
    }
  }

  /** Gives the Lease up, so that another need not wait for its end. Never rejects. */
  async release(): Promise<void> {
    if (!this.leads) return;
    this.#renewedAtMs = null;
    try {
      const held = await this.#cluster.lease();
      if (held?.record.holder === this.#identity) {
        await this.#cluster.putLease({ ...held.record, holder: "", renewed: new Date().toISOString() }, held.version);
      }
    } catch (error) {
      this.#log.warn("lease-not-released", { reason: String(error) });
    }
  }

  #put(transitions: number, version: string | null): Promise<void> {
    const renewed = new Date().toISOString();
    return this.#cluster.putLease({ holder: this.#identity, seconds: this.#seconds, renewed, transitions }, version);
  }
}
