import { createHash } from "node:crypto";
import type { SwarmId } from "@shoal/protocol";
import type { Follow, LinkNews } from "@shoal/sealer";
import { type SealerEvents, SealerLink } from "./sealer-link.ts";

/** What follows when a sealer comes or goes, beyond what it says itself. */
export interface SealersEvents extends Omit<SealerEvents, "connected" | "disconnected"> {
  /** Swarms may have another sealer now: everything followed must be said again. */
  changed(): void;
  connected(): void;
  disconnected(reason: string): void;
}

/**
 * The replicas of the sealer. Each swarm has one of them, the same for every pod that reaches the same ones: so segments are
 * read once, however many pods there are. While one is away the others have its swarms.
 */
export class SealerLinks {
  readonly #urls: readonly string[];
  readonly #links: readonly SealerLink[];
  /** Which replica follows a swarm, as far as we told it to. */
  readonly #told = new Map<SwarmId, number>();

  /** @param urls of the replicas, in the same order at every pod */
  constructor(urls: readonly string[], secret: string, events: SealersEvents) {
    this.#urls = urls;
    this.#links = urls.map(
      (url) =>
        new SealerLink(url, secret, {
          ...events,
          connected: () => {
            events.connected();
            events.changed();
          },
          disconnected: (reason) => {
            events.disconnected(reason);
            events.changed();
          },
        }),
    );
  }

  get exists(): boolean {
    return this.#links.length > 0;
  }

  get isConnected(): boolean {
    return this.#links.some(({ isConnected }) => isConnected);
  }

  /** The replica that a swarm has now: an index into the URLs. */
  replicaOf(swarm: SwarmId): number {
    const connected = this.#urls.map((_, at) => at).filter((at) => this.#links[at]?.isConnected);
    return rendezvous(swarm, this.#urls, connected.length > 0 ? connected : this.#urls.map((_, at) => at));
  }

  follow(follow: Follow): void {
    const { swarm, contentId } = follow;
    const replica = this.replicaOf(swarm);
    const before = this.#told.get(swarm);
    if (before !== undefined && before !== replica) {
      this.#links[before]?.follow({ ...follow, swarm, contentId, manifests: [], tracks: [] });
    }
    if (follow.tracks.length === 0 && follow.manifests.length === 0) this.#told.delete(swarm);
    else this.#told.set(swarm, replica);
    this.#links[replica]?.follow(follow);
  }

  news(news: LinkNews): void {
    this.#links[this.replicaOf(news.swarm)]?.news(news);
  }

  close(): void {
    for (const link of this.#links) link.close();
  }
}

/** Which of some replicas has a swarm: the one whose hash with it is highest. Who else comes or goes changes nothing. */
export function rendezvous(swarm: string, urls: readonly string[], among: readonly number[]): number {
  let best = among[0] ?? 0;
  let bestScore = "";
  for (const at of among) {
    const score = createHash("sha256").update(`${urls[at]} ${swarm}`).digest("hex");
    if (score <= bestScore) continue;
    best = at;
    bestScore = score;
  }
  return best;
}
