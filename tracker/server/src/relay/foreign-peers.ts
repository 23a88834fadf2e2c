import type { PeerId, TrackId } from "@shoal/protocol";
import type { SampledPeer } from "./pod-messages.ts";

/** Somebody of another pod, as a viewer is offered it. */
export interface ForeignCandidate {
  readonly peerId: PeerId;
  readonly sameIsp: boolean;
  readonly sameTrack: boolean;
}

interface Sampled extends SampledPeer {
  readonly pod: string;
  /** How often it was handed out; a new sample begins anew. */
  given: number;
}

interface Told {
  readonly peers: readonly Sampled[];
  readonly sizes: readonly (readonly [isp: string, viewers: number])[];
  readonly atMs: number;
}

/** What a pod said is believed for so long, milliseconds: it says it again every 5 s. */
const BELIEVED_MS = 16_000;
/** Viewers who wrote from another pod are remembered for so long, milliseconds: the time of a few handshakes. */
const REMEMBERED_MS = 120_000;
/** A sampled viewer is handed out this often before the next sample. */
const MOST_GIVEN = 4;
const MOST_REMEMBERED = 50_000;

/** Viewers of one swarm that other pods hold, as far as this pod was told of them. */
export class ForeignPeers {
  readonly #told = new Map<string, Told>();
  readonly #whereabouts = new Map<PeerId, { readonly pod: string; readonly atMs: number }>();

  /** Another pod said what it has. */
  sampled(
    pod: string,
    peers: readonly SampledPeer[],
    sizes: readonly (readonly [isp: string, viewers: number])[],
    nowMs: number,
  ): void {
    if (sizes.length === 0) return void this.#told.delete(pod);
    this.#told.set(pod, { peers: peers.map((peer) => ({ ...peer, pod, given: 0 })), sizes, atMs: nowMs });
    for (const { peerId } of peers) this.met(peerId, pod, nowMs);
  }

  /** A viewer is known to be at a pod. */
  met(peerId: PeerId, pod: string, nowMs: number): void {
    this.#whereabouts.delete(peerId);
    this.#whereabouts.set(peerId, { pod, atMs: nowMs });
    for (const [oldest, { atMs }] of this.#whereabouts) {
      if (atMs + REMEMBERED_MS > nowMs && this.#whereabouts.size <= MOST_REMEMBERED) break;
      this.#whereabouts.delete(oldest);
    }
  }

  /** The pod that a viewer was last known at. */
  podOf(peerId: PeerId): string | null {
    return this.#whereabouts.get(peerId)?.pod ?? null;
  }

  lost(pod: string): void {
    this.#told.delete(pod);
  }

  /** Viewers by ISP group over all other pods. */
  sizes(nowMs: number): Map<string, number> {
    const sizes = new Map<string, number>();
    for (const told of this.#current(nowMs)) {
      for (const [isp, viewers] of told.sizes) sizes.set(isp, (sizes.get(isp) ?? 0) + viewers);
    }
    return sizes;
  }

  /** Other pods that hold viewers of the swarm. */
  podCount(nowMs: number): number {
    return this.#current(nowMs).length;
  }

  /** How many more could be handed out before the next samples come. */
  room(nowMs: number): number {
    let room = 0;
    for (const { peers } of this.#current(nowMs))
      for (const { given } of peers) room += Math.max(0, MOST_GIVEN - given);
    return room;
  }

  /** Some that a viewer may call, from different pods where there are, the nearest of a few drawn. */
  offer(
    viewer: { readonly peerId: PeerId; readonly isp: string; readonly tracks: readonly TrackId[] },
    count: number,
    nowMs: number,
    random: () => number,
  ): readonly ForeignCandidate[] {
    const pods = [...this.#current(nowMs)];
    const offered: ForeignCandidate[] = [];
    for (let left = count; left > 0 && pods.length > 0; left--) {
      const [told] = pods.splice(Math.floor(random() * pods.length), 1);
      const free = (told?.peers ?? []).filter((peer) => peer.given < MOST_GIVEN && peer.peerId !== viewer.peerId);
      const drawn = [drawOf(free, random), drawOf(free, random), drawOf(free, random)].filter(
        (one) => one !== undefined,
      );
      const best = drawn.toSorted((a, b) => nearness(viewer, b) - nearness(viewer, a))[0];
      if (!best) continue;
      best.given++;
      const { peerId, isp, tracks } = best;
      const sameTrack = tracks.some((track) => viewer.tracks.includes(track));
      offered.push({ peerId, sameIsp: isp === viewer.isp, sameTrack });
    }
    return offered;
  }

  #current(nowMs: number): readonly Told[] {
    return [...this.#told.values()].filter(({ atMs }) => atMs + BELIEVED_MS > nowMs);
  }
}

const drawOf = <T>(items: readonly T[], random: () => number): T | undefined =>
  items[Math.floor(random() * items.length)];

function nearness(viewer: { readonly isp: string; readonly tracks: readonly TrackId[] }, peer: SampledPeer): number {
  return (peer.isp === viewer.isp ? 2 : 0) + (peer.tracks.some((track) => viewer.tracks.includes(track)) ? 1 : 0);
}
