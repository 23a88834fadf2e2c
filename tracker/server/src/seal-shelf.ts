import { holdersOf, MOST_HOLDERS, sealHolders } from "@shoal/matching";
import type { PeerId, SegmentId, TrackId } from "@shoal/protocol";

/** A seal as the tracker passes it on: it does not look inside. */
export interface ShelfSeal {
  readonly segmentId: SegmentId;
  readonly trackIds: readonly TrackId[];
  /** base64url */
  readonly seal: string;
}

/** A viewer that may be given seals. */
export interface SealViewer {
  readonly peerId: PeerId;
  readonly isp: string;
}

interface Shelved extends ShelfSeal {
  readonly holders: Map<PeerId, string>;
  /** True once a viewer announced it: the sealer looks ahead of what is watched. */
  isAnnounced: boolean;
}

interface Asked {
  readonly by: Set<PeerId>;
  toldMs: number;
}

/** What follows from a viewer's news. */
export interface NewsAnswer {
  /** To give to the viewer. */
  readonly seal: ShelfSeal | null;
  readonly tellSealer: boolean;
}

/** Seals kept for each track: a live window and some; what is older, the sealer still has. */
const SEALS_PER_TRACK = 32;
/** Segments whose announcers are remembered until their seal comes. */
const MAX_ASKED = 256;
/** The sealer is told of one segment again only after so long, milliseconds, however many announce it. */
const TELL_EVERY_MS = 500;
/** Announcers of one segment that are remembered: those of a few clusters. */
const MAX_ANNOUNCERS = MOST_HOLDERS * 8;
/** Of a larger cluster only those who stayed longest are considered. */
const MAX_CONSIDERED = 64;

/**
 * The newest seals of a swarm, and who was given which. A few viewers of a track in an ISP are given one, as many as
 * {@link holdersOf} says; peers carry it on from there. A viewer that arrives, changes its track or announces a segment is
 * given what fewer around it have: so a cluster's first viewer gets the whole window, the tenth nothing.
 */
export class SealShelf {
  readonly #seals = new Map<SegmentId, Shelved>();
  readonly #perTrack = new Map<TrackId, SegmentId[]>();
  readonly #asked = new Map<SegmentId, Asked>();
  readonly #viewers = new Map<TrackId, Map<string, Map<PeerId, SealViewer>>>();

  get size(): number {
    return this.#seals.size;
  }

  has(segmentId: SegmentId): boolean {
    return this.#seals.has(segmentId);
  }

  /** Lists a viewer under its tracks. */
  enter(viewer: SealViewer, tracks: readonly TrackId[]): void {
    for (const track of tracks) {
      let clusters = this.#viewers.get(track);
      if (!clusters) {
        clusters = new Map();
        this.#viewers.set(track, clusters);
      }
      let cluster = clusters.get(viewer.isp);
      if (!cluster) {
        cluster = new Map();
        clusters.set(viewer.isp, cluster);
      }
      cluster.set(viewer.peerId, viewer);
    }
  }

  /** Takes a viewer from its tracks; one that only changes tracks keeps the seals it was given. */
  leave(viewer: SealViewer, tracks: readonly TrackId[], forGood: boolean): void {
    for (const track of tracks) {
      const clusters = this.#viewers.get(track);
      const cluster = clusters?.get(viewer.isp);
      cluster?.delete(viewer.peerId);
      if (cluster?.size === 0) clusters?.delete(viewer.isp);
      if (clusters?.size === 0) this.#viewers.delete(track);
    }
    if (!forGood) return;
    for (const { holders } of this.#seals.values()) holders.delete(viewer.peerId);
    for (const { by } of this.#asked.values()) by.delete(viewer.peerId);
  }

  /** A new seal. @returns whom to give it; a repeated one goes only to those who lack it */
  put(seal: ShelfSeal): readonly PeerId[] {
    const known = this.#seals.get(seal.segmentId);
    const holders = known?.seal === seal.seal ? known.holders : new Map<PeerId, string>();
    const isAnnounced = known?.isAnnounced ?? this.#asked.has(seal.segmentId);
    const shelved: Shelved = { ...seal, holders, isAnnounced };
    this.#seals.set(seal.segmentId, shelved);
    if (!known) this.#index(shelved);
    const chosen = this.#give(shelved);
    this.#asked.delete(seal.segmentId);
    return chosen;
  }

  /** Seals a viewer should be given because too few around it have them. */
  topUp(viewer: SealViewer, tracks: readonly TrackId[]): readonly ShelfSeal[] {
    const given: ShelfSeal[] = [];
    for (const track of tracks) {
      for (const segmentId of this.#perTrack.get(track) ?? []) {
        const shelved = this.#seals.get(segmentId);
        if (shelved && this.#giveTo(shelved, viewer)) given.push(shelved);
      }
    }
    return given;
  }

  /** A viewer announced a segment: it is given the seal if too few around it have it. */
  news(viewer: SealViewer, segmentId: SegmentId, nowMs: number): NewsAnswer {
    const shelved = this.#seals.get(segmentId);
    if (shelved) {
      const tellSealer = !shelved.isAnnounced;
      shelved.isAnnounced = true;
      return { seal: this.#giveTo(shelved, viewer) ? shelved : null, tellSealer };
    }
    const asked = this.#askedFor(segmentId);
    if (asked.by.size < MAX_ANNOUNCERS) asked.by.add(viewer.peerId);
    const tellSealer = nowMs - asked.toldMs >= TELL_EVERY_MS;
    if (tellSealer) asked.toldMs = nowMs;
    return { seal: null, tellSealer };
  }

  #askedFor(segmentId: SegmentId): Asked {
    const known = this.#asked.get(segmentId);
    if (known) return known;
    const asked: Asked = { by: new Set(), toldMs: Number.NEGATIVE_INFINITY };
    this.#asked.set(segmentId, asked);
    for (const oldest of this.#asked.keys()) {
      if (this.#asked.size <= MAX_ASKED) break;
      this.#asked.delete(oldest);
    }
    return asked;
  }

  #giveTo(shelved: Shelved, viewer: SealViewer): boolean {
    if (shelved.holders.has(viewer.peerId)) return false;
    let held = 0;
    for (const isp of shelved.holders.values()) if (isp === viewer.isp) held++;
    if (held >= this.#most(shelved, viewer.isp)) return false;
    shelved.holders.set(viewer.peerId, viewer.isp);
    return true;
  }

  /** How many viewers of an ISP are to have a seal. */
  #most({ trackIds }: Shelved, isp: string): number {
    let viewers = 0;
    let clusters = 0;
    for (const track of trackIds) {
      const byIsp = this.#viewers.get(track);
      viewers += byIsp?.get(isp)?.size ?? 0;
      clusters = Math.max(clusters, byIsp?.size ?? 0);
    }
    return holdersOf(viewers, clusters);
  }

  #give(shelved: Shelved): readonly PeerId[] {
    const asked = this.#asked.get(shelved.segmentId)?.by;
    const viewers = new Map<PeerId, SealViewer>();
    for (const track of shelved.trackIds) {
      for (const cluster of this.#viewers.get(track)?.values() ?? []) {
        let considered = 0;
        for (const viewer of cluster.values()) {
          viewers.set(viewer.peerId, viewer);
          if (++considered >= MAX_CONSIDERED) break;
        }
        for (const peerId of [...shelved.holders.keys(), ...(asked ?? [])]) {
          const viewer = cluster.get(peerId);
          if (viewer) viewers.set(peerId, viewer);
        }
      }
    }
    const chosen = sealHolders(
      shelved.segmentId,
      viewers.values(),
      (isp) => this.#most(shelved, isp),
      (peerId) => shelved.holders.has(peerId),
      (peerId) => asked?.has(peerId) ?? false,
    );
    for (const peerId of chosen) shelved.holders.set(peerId, viewers.get(peerId)?.isp ?? "");
    return chosen;
  }

  #index(shelved: Shelved): void {
    for (const track of shelved.trackIds) {
      const list = this.#perTrack.get(track) ?? [];
      this.#perTrack.set(track, list);
      list.push(shelved.segmentId);
      const oldest = list.length > SEALS_PER_TRACK ? list.shift() : undefined;
      if (oldest) this.#drop(oldest);
    }
  }

  #drop(segmentId: SegmentId): void {
    const shelved = this.#seals.get(segmentId);
    this.#seals.delete(segmentId);
    for (const track of shelved?.trackIds ?? []) {
      const left = (this.#perTrack.get(track) ?? []).filter((id) => id !== segmentId);
      if (left.length > 0) this.#perTrack.set(track, left);
      else this.#perTrack.delete(track);
    }
  }
}
