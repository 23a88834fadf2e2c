import type { SegmentId, SwarmId, TrackId } from "@shoal/protocol";
import { type Follow, LINK_EVENTS, type LinkNews, type LinkSeal, type LinkState } from "./link-messages.ts";
import type { SealerParts } from "./playlist-follower.ts";
import type { StoredSeal } from "./seal-store.ts";
import type { Sources } from "./sources.ts";
import { type StreamState, SwarmStream } from "./swarm-stream.ts";

/** Sends one event to one tracker. */
export type SendToTracker = (event: string, payload: LinkSeal | LinkState) => void;

/** Options of {@link Streams}. */
export interface StreamsOptions {
  readonly sources: Sources;
  readonly minViewers: number;
  readonly maxStreams: number;
  readonly maxSealsPerSwarm: number;
}

/** What a tracker said is believed for so long after its link broke, milliseconds: it will be back. */
const AWAY_MS = 300_000;
/** What a tracker said before it reconnected counts for so long, milliseconds: until it has said everything again. */
const STALE_MS = 10_000;
/** A swarm that nobody watches is forgotten after so long, milliseconds. */
const EMPTY_MS = 60_000;
/** Seals given at once to a tracker that starts to follow a swarm. */
const RECENT_SEALS = 64;

/** Viewers that may wait for a seal at one time. */
const MAX_WAITING = 1_000;

interface Tracker {
  send: SendToTracker | null;
  readonly follows: Map<SwarmId, Follow>;
}

interface Running {
  readonly stream: SwarmStream;
  cancelEnd: () => void;
}

/** All swarms of one sealer, from what all trackers say of them. */
export class Streams {
  readonly #parts: SealerParts;
  readonly #options: StreamsOptions;
  readonly #trackers = new Map<string, Tracker>();
  readonly #running = new Map<SwarmId, Running>();
  /** Viewers that wait for a seal. */
  readonly #waiting = new Set<() => void>();
  #reconnects = 0;

  constructor(parts: SealerParts, options: StreamsOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  get size(): number {
    return this.#running.size;
  }

  /** A tracker's link came up. It says again what it follows: what it said before counts only until it did. */
  connect(linkId: string, send: SendToTracker): void {
    const before = this.#trackers.get(linkId);
    if (before) {
      before.send = null;
      const staleId = `${linkId} before ${++this.#reconnects}`;
      this.#trackers.set(staleId, before);
      this.#parts.clock.after(STALE_MS, () => this.#forget(staleId, before));
    }
    this.#trackers.set(linkId, { send, follows: new Map() });
  }

  /** A tracker's link broke: sharing goes on, and so does sealing for a while. */
  disconnect(linkId: string, send: SendToTracker): void {
    const tracker = this.#trackers.get(linkId);
    if (tracker?.send !== send) return;
    tracker.send = null;
    if (tracker.follows.size === 0) this.#trackers.delete(linkId);
    else this.#parts.clock.after(AWAY_MS, () => this.#forget(linkId, tracker));
  }

  follow(linkId: string, follow: Follow): void {
    const tracker = this.#trackers.get(linkId);
    if (!tracker) return;
    const isNew = !tracker.follows.has(follow.swarm);
    const isOver = follow.tracks.length === 0 && follow.manifests.length === 0;
    if (isOver) tracker.follows.delete(follow.swarm);
    else tracker.follows.set(follow.swarm, follow);
    if (isOver) return this.#update(follow.swarm);
    const running = this.#ensure(follow);
    if (!running) {
      const reason = "The sealer follows as many streams as it may.";
      tracker.send?.(LINK_EVENTS.state, { swarm: follow.swarm, state: "sealer-refused", reason });
      return;
    }
    if (isNew) {
      tracker.send?.(LINK_EVENTS.state, { swarm: follow.swarm, ...running.stream.state });
      for (const seal of running.stream.store.recent(RECENT_SEALS)) {
        tracker.send?.(LINK_EVENTS.seal, messageOf(follow.swarm, seal));
      }
    }
    this.#update(follow.swarm);
  }

  news({ swarm, trackId, segmentId }: LinkNews): void {
    this.#running.get(swarm)?.stream.news(trackId, segmentId);
  }

  seal(swarm: SwarmId, segmentId: SegmentId): Uint8Array | null {
    return this.#running.get(swarm)?.stream.store.get(segmentId)?.bytes ?? null;
  }

  /**
   * The seal of a segment, once there is one: a viewer whose tracker is away asks for it. Asking is news.
   * @returns null if there is none after `waitMs`, or too many wait already
   */
  async sealWithin(
    swarm: SwarmId,
    segmentId: SegmentId,
    trackId: TrackId | null,
    waitMs: number,
  ): Promise<Uint8Array | null> {
    const bytes = this.seal(swarm, segmentId);
    if (bytes || waitMs <= 0 || !this.#running.has(swarm) || this.#waiting.size >= MAX_WAITING) return bytes;
    if (trackId) this.news({ swarm, trackId, segmentId });
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.seal(swarm, segmentId);
        if (found) end(found);
      };
      const end = (found: Uint8Array | null): void => {
        cancel();
        this.#waiting.delete(look);
        resolve(found);
      };
      const cancel = this.#parts.clock.after(waitMs, () => end(null));
      this.#waiting.add(look);
    });
  }

  close(): void {
    for (const { stream, cancelEnd } of this.#running.values()) {
      cancelEnd();
      stream.close();
    }
    this.#running.clear();
    this.#trackers.clear();
  }

  #forget(linkId: string, tracker: Tracker): void {
    if (this.#trackers.get(linkId) !== tracker) return;
    this.#trackers.delete(linkId);
    for (const swarm of tracker.follows.keys()) this.#update(swarm);
  }

  #ensure({ swarm, contentId, mediaBase }: Follow): Running | null {
    const known = this.#running.get(swarm);
    if (known) return known;
    if (this.#running.size >= this.#options.maxStreams) return null;
    const { minViewers, maxSealsPerSwarm } = this.#options;
    const sources = this.#options.sources.below(mediaBase);
    const onSeal = (seal: StoredSeal) => {
      this.#tell(swarm, LINK_EVENTS.seal, messageOf(swarm, seal));
      for (const look of [...this.#waiting]) look();
    };
    const onState = (state: StreamState) => this.#tell(swarm, LINK_EVENTS.state, { swarm, ...state });
    const options = { swarm, contentId, sources, minViewers, maxSeals: maxSealsPerSwarm, onSeal, onState };
    const running: Running = { stream: new SwarmStream(this.#parts, options), cancelEnd: () => {} };
    this.#running.set(swarm, running);
    return running;
  }

  #update(swarm: SwarmId): void {
    const running = this.#running.get(swarm);
    if (!running) return;
    const viewers = new Map<TrackId, number>();
    const manifests = new Set<string>();
    let isFollowed = false;
    for (const { follows } of this.#trackers.values()) {
      const follow = follows.get(swarm);
      if (!follow) continue;
      isFollowed = true;
      for (const manifest of follow.manifests) manifests.add(manifest);
      for (const track of follow.tracks) viewers.set(track.trackId, (viewers.get(track.trackId) ?? 0) + track.viewers);
    }
    running.stream.update(viewers, [...manifests]);
    running.cancelEnd();
    running.cancelEnd = () => {};
    if (isFollowed) return;
    running.cancelEnd = this.#parts.clock.after(EMPTY_MS, () => {
      this.#running.delete(swarm);
      running.stream.close();
    });
  }

  #tell(swarm: SwarmId, event: string, payload: LinkSeal | LinkState): void {
    for (const { send, follows } of this.#trackers.values()) if (follows.has(swarm)) send?.(event, payload);
  }
}

const messageOf = (swarm: SwarmId, { segmentId, trackIds, bytes }: StoredSeal): LinkSeal => ({
  swarm,
  segmentId,
  trackIds,
  seal: Buffer.from(bytes).toString("base64url"),
});
