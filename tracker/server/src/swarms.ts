import { type SealingState, type SealKey, type SwarmId, swarmIdOf, TRACKER_EVENTS } from "@shoal/protocol";
import type { LinkNews, Log } from "@shoal/sealer";
import type { JoinLog } from "./matching/join-log.ts";
import type { Metrics } from "./metrics.ts";
import { SealerLinks, type SealersEvents } from "./sealer-links.ts";
import { Swarm } from "./swarm.ts";

/** Changes of a swarm are told to the sealer at once, then at most this often, milliseconds. */
const FOLLOW_EVERY_MS = 250;

/** All swarms of one tracker, and what the sealer is told of them. */
export class Swarms {
  readonly #swarms = new Map<SwarmId, Swarm>();
  readonly #metrics: Metrics;
  readonly #matching: { readonly relays: boolean; readonly joinLog: JoinLog | null };
  readonly #log: Log;
  readonly #sealers: SealerLinks;
  readonly #waiting = new Map<SwarmId, { timer: ReturnType<typeof setTimeout>; again: boolean }>();
  #keys: readonly SealKey[] = [];

  constructor(options: {
    sealerUrls: readonly string[];
    sealerSecret: string;
    metrics: Metrics;
    log: Log;
    relays: boolean;
    joinLog: JoinLog | null;
  }) {
    this.#matching = { relays: options.relays, joinLog: options.joinLog };
    this.#metrics = options.metrics;
    this.#log = options.log;
    this.#sealers = new SealerLinks(options.sealerUrls, options.sealerSecret, this.#events());
  }

  /** Public keys of the sealer, as far as it was reached. */
  get keys(): readonly SealKey[] {
    return this.#keys;
  }

  /** Which of the sealer's replicas has a swarm now. */
  replicaOf(id: SwarmId): number {
    return this.#sealers.replicaOf(id);
  }

  get size(): number {
    return this.#swarms.size;
  }

  get(id: SwarmId): Swarm | undefined {
    return this.#swarms.get(id);
  }

  all(): Iterable<Swarm> {
    return this.#swarms.values();
  }

  /** The swarm of a content, made when it is not there. */
  of(tenant: string, contentId: string): Swarm {
    const id = swarmIdOf(tenant, contentId);
    let swarm = this.#swarms.get(id);
    if (!swarm) {
      swarm = new Swarm(id, contentId, this.#sealingBefore(), this.#matching);
      this.#swarms.set(id, swarm);
      this.#metrics.swarms.set(this.#swarms.size);
    }
    return swarm;
  }

  /** To be called when who watches what has changed; forgets a swarm that nobody watches. */
  changed(swarm: Swarm): void {
    if (swarm.size === 0 && this.#swarms.get(swarm.id) === swarm) {
      this.#swarms.delete(swarm.id);
      this.#metrics.swarms.set(this.#swarms.size);
    }
    const waiting = this.#waiting.get(swarm.id);
    if (waiting) waiting.again = true;
    else this.#tell(swarm.id, swarm);
  }

  /** Names who fetches, in every swarm. @returns how many viewers were told */
  reviewRosters(nowMs: number): number {
    let told = 0;
    for (const swarm of this.#swarms.values()) told += swarm.reviewRosters(nowMs);
    return told;
  }

  news(swarm: Swarm, news: { readonly trackId: string; readonly segmentId: string }): void {
    this.#sealers.news({ swarm: swarm.id, ...news } as LinkNews);
  }

  close(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#sealers.close();
  }

  #tell(id: SwarmId, gone: Swarm | null): void {
    const swarm = this.#swarms.get(id) ?? gone;
    if (!this.#sealers.exists || !swarm) return;
    this.#sealers.follow(swarm.follow());
    const timer = setTimeout(() => {
      const again = this.#waiting.get(id)?.again ?? false;
      this.#waiting.delete(id);
      if (again) this.#tell(id, swarm);
    }, FOLLOW_EVERY_MS);
    this.#waiting.set(id, { timer, again: false });
  }

  /** What is true of a swarm before the sealer has said anything about it. */
  #sealingBefore(): SealingState {
    if (!this.#sealers.exists) return "unsealed";
    return this.#sealers.isConnected ? "too-few-viewers" : "no-seal";
  }

  #events(): SealersEvents {
    return {
      keys: (keys) => {
        const isNew = keys.some(({ keyId }) => !this.#keys.some((known) => known.keyId === keyId));
        this.#keys = keys;
        if (isNew)
          for (const swarm of this.#swarms.values()) swarm.tellAll(TRACKER_EVENTS.sealKeys, { sealKeys: keys });
      },
      seal: (message) => {
        this.#metrics.sealsReceived.inc();
        this.#metrics.sealsPushed.inc(this.#swarms.get(message.swarm)?.seal(message) ?? 0);
      },
      state: ({ swarm, state, reason }) => {
        if (this.#swarms.get(swarm)?.setSealing(state)) this.#log.info("sealing", { swarm, state, reason });
      },
      connected: () => {
        this.#metrics.sealerConnected.set(1);
        this.#log.info("sealer-connected");
      },
      disconnected: (reason) => {
        this.#metrics.sealerConnected.set(this.#sealers.isConnected ? 1 : 0);
        this.#log.warn("sealer-away", { reason });
      },
      changed: () => {
        for (const swarm of this.#swarms.values()) {
          if (this.#sealers.isConnected) this.#sealers.follow(swarm.follow());
          else swarm.setSealing("no-seal");
        }
      },
    };
  }
}
