import { type Candidate, type PeerId, type Signal, type SwarmId, TRACKER_EVENTS } from "@shoal/protocol";
import type { Metrics } from "../metrics.ts";
import type { ShardMap } from "../shards/shard-map.ts";
import type { Swarm } from "../swarm.ts";
import type { Swarms } from "../swarms.ts";
import type { Viewer } from "../viewer.ts";
import { ForeignPeers } from "./foreign-peers.ts";
import { type PodMessage, readPodMessage } from "./pod-messages.ts";
import type { Relay } from "./relay.ts";

/** Pods tell each other what they hold this often, milliseconds. */
export const TELL_MS = 5_000;
/** A pod that has not said anything for so long is gone, milliseconds. */
const SILENT_MS = 16_000;
/** Viewers with room that a pod names to others. */
const SAMPLE = 24;
/** Candidates from other pods in one answer. */
const FOREIGN = 2;
/** Where in an answer those stand: a viewer calls from the top, but not all. */
const FOREIGN_PLACES = [1, 4];
const ALL_PODS = "pods";
/** ISP groups of one swarm that are told; the smallest count as one beyond. */
const MOST_GROUPS = 200;

interface PodParts {
  readonly relay: Relay;
  readonly swarms: Swarms;
  readonly shards: ShardMap;
  readonly metrics: Metrics;
  readonly now: () => number;
  readonly random: () => number;
  /** Open sockets of this pod. */
  readonly sockets: () => number;
  readonly isDraining: () => boolean;
  /** Another pod was told a configuration. */
  readonly applyConfig: (config: unknown) => void;
}

/** This pod among the others: what they tell each other of their viewers, and signals that cross between them. */
export class Pods {
  readonly #parts: PodParts;
  readonly #others = new Map<
    string,
    { readonly sockets: number; readonly isDraining: boolean; readonly atMs: number }
  >();
  readonly #foreign = new Map<SwarmId, ForeignPeers>();
  /** Viewers that know somebody elsewhere; see {@link #link}. */
  readonly #linked = new WeakSet<Viewer>();
  readonly #told = new Set<SwarmId>();
  #config: { readonly atMs: number; readonly config: unknown } = { atMs: 0, config: null };

  constructor(parts: PodParts) {
    this.#parts = parts;
    parts.relay.onMessage((from, message) => {
      const read = readPodMessage(message);
      if (read) this.#received(from, read);
    });
    parts.relay.listen(ALL_PODS);
  }

  /** Sockets of the other pods that take viewers. */
  othersSockets(): readonly number[] {
    const nowMs = this.#parts.now();
    return [...this.#others.values()]
      .filter(({ atMs, isDraining }) => atMs + SILENT_MS > nowMs && !isDraining)
      .map(({ sockets }) => sockets);
  }

  /** This pod's operator said how viewers shall behave: all pods do it. */
  configured(config: unknown): void {
    const { relay, now } = this.#parts;
    this.#config = { atMs: Math.max(now(), this.#config.atMs + 1), config };
    relay.publish(ALL_PODS, { type: "config", ...this.#config });
  }

  /** Says what this pod holds, and introduces viewers who know nobody elsewhere. To be called every {@link TELL_MS}. */
  tell(): void {
    const { relay, swarms, sockets, isDraining } = this.#parts;
    const load: PodMessage = {
      type: "load",
      sockets: sockets(),
      isDraining: isDraining(),
      configAtMs: this.#config.atMs,
    };
    relay.publish(ALL_PODS, load);
    for (const swarm of swarms.all()) this.#tellOf(swarm);
    for (const id of this.#told) if (!swarms.get(id)) this.#forget(id);
  }

  /** An answer with somebody from other pods among it. */
  mixed(swarm: Swarm, viewer: Viewer, candidates: readonly Candidate[], most: number): readonly Candidate[] {
    const offered = this.#offer(swarm, viewer);
    if (offered.length === 0) return candidates;
    const mixed = candidates.slice(0, Math.max(0, most - offered.length));
    for (const [at, candidate] of offered.entries()) mixed.splice(FOREIGN_PLACES[at] ?? 0, 0, candidate);
    return mixed;
  }

  /** Passes a signal on to a viewer of another pod. @returns false where nobody knows where it is */
  relay(swarm: Swarm, from: Viewer, { peerId, attempt, data }: Signal): boolean {
    const pod = this.#foreign.get(swarm.id)?.podOf(peerId) ?? null;
    if (pod === null) return false;
    const message: PodMessage = {
      type: "signal",
      swarm: swarm.id,
      from: from.peerId,
      isp: from.isp,
      to: peerId,
      attempt,
      data,
    };
    this.#parts.relay.send(pod, message);
    return true;
  }

  /** Pods that are reached, this one among them. */
  get count(): number {
    return this.othersSockets().length + 1;
  }

  async close(): Promise<void> {
    this.#parts.relay.publish(ALL_PODS, { type: "gone" });
    await this.#parts.relay.close();
  }

  #tellOf(swarm: Swarm): void {
    const { relay, random, now, shards } = this.#parts;
    if (!this.#told.has(swarm.id)) {
      this.#told.add(swarm.id);
      relay.listen(`swarm:${swarm.id}`);
    }
    const sizes = swarm.sizes();
    const largest = [...sizes].sort((a, b) => b[1] - a[1]).slice(0, MOST_GROUPS);
    const peers = this.#parts.isDraining() ? [] : swarm.sample(SAMPLE, random);
    const sample: PodMessage = { type: "sample", swarm: swarm.id, sizes: largest, peers };
    relay.publish(`swarm:${swarm.id}`, sample);
    const all = new Map(sizes);
    for (const [isp, viewers] of this.#foreign.get(swarm.id)?.sizes(now()) ?? []) {
      all.set(isp, (all.get(isp) ?? 0) + viewers);
    }
    shards.sized(swarm.contentId, all);
    this.#link(swarm);
  }

  #forget(id: SwarmId): void {
    const { relay } = this.#parts;
    this.#told.delete(id);
    this.#foreign.delete(id);
    const sample: PodMessage = { type: "sample", swarm: id, sizes: [], peers: [] };
    relay.publish(`swarm:${id}`, sample);
    relay.unlisten(`swarm:${id}`);
  }

  #received(from: string, message: PodMessage): void {
    const { now, relay, swarms } = this.#parts;
    switch (message.type) {
      case "load": {
        const { sockets, isDraining } = message;
        this.#others.set(from, { sockets, isDraining, atMs: now() });
        if (message.configAtMs < this.#config.atMs) {
          relay.send(from, { type: "config", ...this.#config });
        }
        return;
      }
      case "gone":
        this.#others.delete(from);
        for (const foreign of this.#foreign.values()) foreign.lost(from);
        return;
      case "config":
        if (message.atMs <= this.#config.atMs) return;
        this.#config = { atMs: message.atMs, config: message.config };
        return this.#parts.applyConfig(message.config);
      case "sample": {
        const swarm = swarms.get(message.swarm as SwarmId);
        if (!swarm) return;
        this.#foreignOf(swarm.id).sampled(from, message.peers, message.sizes, now());
        return this.#link(swarm);
      }
      case "signal":
        return this.#signal(from, message);
    }
  }

  #signal(pod: string, { swarm: id, from, isp, to, attempt, data }: PodMessage & { readonly type: "signal" }): void {
    const swarm = this.#parts.swarms.get(id as SwarmId);
    const receiver = swarm?.viewer(to);
    if (!swarm || !receiver) return;
    this.#foreignOf(swarm.id).met(from, pod, this.#parts.now());
    swarm.introduce(receiver, from);
    this.#linked.add(receiver);
    receiver.send(TRACKER_EVENTS.signal, { peerId: from, attempt, data, sameIsp: isp === receiver.isp });
  }

  /** Who came before other pods held anybody of the swarm is told of them now, as far as those have room. */
  #link(swarm: Swarm): void {
    const { now, metrics } = this.#parts;
    const foreign = this.#foreign.get(swarm.id);
    let room = foreign?.room(now()) ?? 0;
    if (room === 0) return;
    for (const viewer of swarm.viewers()) {
      if (room < FOREIGN) return;
      if (this.#linked.has(viewer)) continue;
      const candidates = this.#offer(swarm, viewer);
      if (candidates.length === 0) continue;
      room -= candidates.length;
      metrics.linked.inc();
      viewer.send(TRACKER_EVENTS.candidates, { candidates });
    }
  }

  #offer(swarm: Swarm, viewer: Viewer): readonly Candidate[] {
    const { now, random } = this.#parts;
    // Whom the operator keeps inside its site, ISP or country is not sent elsewhere.
    if (viewer.sharing === "off" || (viewer.policy.inside ?? null) !== null) return [];
    const offered = this.#foreign.get(swarm.id)?.offer(viewer, FOREIGN, now(), random) ?? [];
    for (const { peerId } of offered) swarm.introduce(viewer, peerId);
    if (offered.length > 0) this.#linked.add(viewer);
    return offered;
  }

  #foreignOf(id: SwarmId): ForeignPeers {
    let foreign = this.#foreign.get(id);
    if (!foreign) {
      foreign = new ForeignPeers();
      this.#foreign.set(id, foreign);
    }
    return foreign;
  }

  /** Where a viewer of another pod is; for tests and explanations. */
  podOf(id: SwarmId, peerId: PeerId): string | null {
    return this.#foreign.get(id)?.podOf(peerId) ?? null;
  }
}
