import {
  type Candidate,
  decodeSeal,
  type IceServer,
  type IncomingSignal,
  type PeerId,
  type RosterUpdate,
  type Seal,
  type SealKey,
  type SegmentId,
  type Signal,
  type SwarmId,
  type TrackId,
  uplinkUnits,
} from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { LoadRequest, LoadTask, Player, Segment, TrackTimeline } from "../player.ts";
import type { Counters, NeighbourStats } from "../stats.ts";
import { Acquisition } from "./acquisition.ts";
import { Announcer } from "./announcer.ts";
import { isRare } from "./ask-plan.ts";
import { Copies } from "./copies.ts";
import type { Copy } from "./copy.ts";
import { MOST_WEIGHT } from "./election.ts";
import { Hearsay } from "./hearsay.ts";
import type { Integrity } from "./integrity.ts";
import { Listener } from "./listener.ts";
import type { Neighbour } from "./neighbour.ts";
import { Neighbourhood } from "./neighbourhood.ts";
import type { PeerTransport } from "./peer-transport.ts";
import { Rosters } from "./roster.ts";
import { SealBook } from "./seal-book.ts";
import type { SegmentStore } from "./segment-store.ts";
import type { Timeline, TimelineChange } from "./timeline.ts";
import { TrackPauses } from "./track-pauses.ts";
import type { UploadLimits } from "./upload-budget.ts";
import { Uploader } from "./uploader.ts";

/** What a swarm is given of the world. */
export interface SwarmRim {
  readonly clock: Clock;
  readonly player: Player;
  readonly transport: PeerTransport;
  readonly store: SegmentStore;
  readonly integrity: Integrity;
  readonly timeline: Timeline;
  readonly counters: Counters;
}

export interface SwarmSettings {
  readonly swarm: SwarmId;
  readonly self: PeerId;
  readonly maxPeers: number;
  readonly memoryBytes: number;
  /** Pieces of 64 KiB asked of others and not there yet, at most. */
  readonly piecesInFlight: number;
  readonly upload: UploadLimits;
  readonly trustsPeers: boolean;
  /** The integrator's word on what may be shared; null where everything may. */
  readonly shareable: ((segment: Segment) => boolean) | null;
}

/** What a swarm asks of the mesh around it. */
export interface SwarmHandlers {
  signal(signal: Signal): void;
  /** A segment was seen that others may not know of. */
  news(trackId: TrackId, segmentId: SegmentId): void;
  /** We hold a segment from the CDN and nobody has sealed it. */
  unsealed(id: SegmentId, trackId: TrackId): void;
  convicted(peerId: PeerId): void;
  neighboursChanged(): void;
  uploads(): boolean;
  sealing(): boolean;
}

/** A change of our uplink is told from this share on. */
const WEIGHT_CHANGE = 0.25;

/** Sharing with the viewers of one content: frames in, frames out, and the rooms in between. */
export class Swarm {
  readonly #rim: SwarmRim;
  readonly #handlers: SwarmHandlers;
  readonly #self: PeerId;
  readonly #trustsPeers: boolean;
  readonly #shareable: SwarmSettings["shareable"];
  readonly #seals: SealBook;
  readonly #copies: Copies;
  readonly #neighbourhood: Neighbourhood;
  readonly #uploader: Uploader;
  readonly #acquisition: Acquisition;
  readonly #announcer: Announcer;
  readonly #listener: Listener;
  readonly #hearsay = new Hearsay();
  readonly #rosters = new Rosters();
  /** What the tracker was last told of, track by track. */
  readonly #toldNews = new Map<TrackId, SegmentId>();
  #toldWeight = 0;
  /** Whether we sent to others when neighbours were last told how we stand. */
  #uploaded: boolean;
  readonly #pauses: TrackPauses;

  constructor(rim: SwarmRim, settings: SwarmSettings, handlers: SwarmHandlers) {
    const { clock, counters, timeline, player } = rim;
    this.#rim = rim;
    this.#handlers = handlers;
    this.#self = settings.self;
    this.#trustsPeers = settings.trustsPeers;
    this.#uploaded = handlers.uploads();
    this.#shareable = settings.shareable;
    this.#pauses = new TrackPauses(clock);
    this.#seals = new SealBook(rim.integrity, settings.swarm, (id) => timeline.sealNotBefore(id));
    this.#copies = new Copies(
      { ...rim, seals: this.#seals, heard: (id) => this.#hearsay.of(id) },
      { budgetBytes: settings.memoryBytes, trustsPeers: settings.trustsPeers },
      {
        changed: (copy) => this.#changed(copy),
        dropped: (id) => this.#announcer.withdraw(id),
        convict: (peerId) => this.#convict(peerId),
        wasted: (bytes) => {
          counters.wastedBytes += bytes;
        },
        contradicted: (copy) => this.#contradicted(copy),
      },
    );
    this.#neighbourhood = new Neighbourhood(
      { ...rim, hearsay: this.#hearsay },
      { ...settings, peerId: settings.self },
      {
        signal: (signal) => handlers.signal(signal),
        joined: (neighbour) => this.#joined(neighbour),
        frame: (neighbour, bytes) => this.#listener.hear(neighbour, bytes),
        drain: () => this.#uploader.pump(),
        left: (neighbour) => this.#left(neighbour),
      },
    );
    this.#announcer = new Announcer(
      () => this.#neighbourhood.all,
      () => handlers.uploads(),
      clock,
    );
    this.#uploader = new Uploader(
      (id, piece, edition) => this.#upload(id, piece, edition),
      (id, piece) => this.#isRare(id, piece),
      clock,
      counters,
      settings.upload,
    );
    this.#acquisition = new Acquisition({
      clock,
      player,
      counters,
      timeline,
      copies: this.#copies,
      self: settings.self,
      mostAskedBytes: settings.piecesInFlight * 65_536,
      rosters: this.#rosters,
      neighbours: () => this.#neighbourhood.all,
      spoken: (id) => this.#hearsay.of(id),
      uploads: () => handlers.uploads(),
      weight: () => this.#toldWeight || MOST_WEIGHT,
      shareable: (segment) => !this.paused(segment.trackId) && (this.#shareable?.(segment) ?? true),
      sealing: () => settings.trustsPeers || handlers.sealing(),
      announceFetch: (copy, fetching) => this.#announcer.announceFetch(copy, fetching),
    });
    this.#listener = new Listener({
      clock,
      counters,
      timeline,
      seals: this.#seals,
      copies: this.#copies,
      neighbourhood: this.#neighbourhood,
      uploader: this.#uploader,
      acquisition: this.#acquisition,
      // Where the integrator decides by URL, nothing is taken before its URL is known.
      mayTakeAhead: ({ trackId }) => !this.#shareable && handlers.sealing() && !this.paused(trackId),
      convict: ({ peerId }) => this.#convict(peerId),
    });
  }

  get storedBytes(): number {
    return this.#copies.storedBytes;
  }

  get freeSlots(): number {
    return this.#neighbourhood.freeSlots;
  }

  /** Time to take somebody new in place of the least useful neighbour. */
  wantsAnother(): boolean {
    return this.#neighbourhood.wantsAnother();
  }

  get rateBps(): number | null {
    return this.#acquisition.rateBps;
  }

  get neighbours(): readonly NeighbourStats[] {
    return this.#neighbourhood.all.map(({ peerId, receivedBytes, sentBytes, rateBps, sameIsp }) => ({
      peerId,
      receivedBytes,
      sentBytes,
      rateBps,
      sameIsp,
    }));
  }

  configure(settings: {
    readonly iceServers?: readonly IceServer[];
    readonly maxPeers?: number;
    readonly memoryBytes?: number;
    readonly sealKeys?: readonly SealKey[];
  }): void {
    this.#neighbourhood.configure(settings);
    if (settings.memoryBytes !== undefined) this.#copies.budgetBytes = settings.memoryBytes;
    this.#seals.addKeys(settings.sealKeys ?? []);
  }

  introduce(candidates: readonly Candidate[]): void {
    this.#neighbourhood.introduce(candidates);
  }

  signal(signal: IncomingSignal): void {
    this.#neighbourhood.signal(signal);
  }

  load(request: LoadRequest): LoadTask | null {
    const { id, trackId } = request.segment;
    if (!this.#copies.get(id)) this.#tellNews(trackId, id);
    return this.#acquisition.load(request);
  }

  /** True while this track's seals and the CDN disagree: then nothing of it is shared. */
  paused(trackId: TrackId): boolean {
    return this.#pauses.has(trackId);
  }

  /** Takes a segment that reached the player without the mesh. */
  adopt(segment: Segment, bytes: ArrayBuffer, durationMs: number): void {
    const copy = this.#copies.begin(segment);
    if (copy.complete) return;
    copy.delivered = true;
    this.#acquisition.sawCdn(bytes.byteLength, durationMs);
    this.#tellNews(segment.trackId, segment.id);
    this.#copies.receiveCdn(copy, { bytes, offset: 0, totalBytes: bytes.byteLength, whole: true });
  }

  /** A seal came, from the tracker or the sealer. */
  offerSeal(seal: Seal): void {
    void this.#listener.seal(seal);
  }

  /** Who fetches for our cluster. */
  setRoster(update: RosterUpdate): void {
    this.#rosters.update(update);
    this.#acquisition.electorateChanged();
  }

  /** The tracker tells everything anew. */
  clearRosters(): void {
    this.#rosters.clear();
    this.#acquisition.electorateChanged();
  }

  /** Tells neighbours how fast we send, where that has changed much. */
  measured(): void {
    const { uplinkBps } = this.#uploader;
    const weight = uplinkBps === null ? this.#toldWeight : Math.min(MOST_WEIGHT, uplinkUnits(uplinkBps));
    if (Math.abs(weight - this.#toldWeight) > WEIGHT_CHANGE * this.#toldWeight) {
      this.#toldWeight = weight;
      for (const neighbour of this.#neighbourhood.all) this.#sendStatus(neighbour);
    }
    this.#acquisition.electorateChanged();
  }

  /** bit/s, as measured while others waited for bytes; null while unknown. */
  get uplinkBps(): number | null {
    return this.#uploader.uplinkBps;
  }

  /** Bytes of a seal that the sealer answered. */
  offerSealBytes(bytes: Uint8Array): void {
    const seal = decodeSeal(bytes);
    if (seal.ok) this.offerSeal(seal.value);
    else this.#rim.counters.skippedMessages++;
  }

  /** The timeline changed. */
  timelineChanged(trackId: TrackId, change: TimelineChange): void {
    for (const id of [...change.expired, ...change.relisted]) {
      const copy = this.#copies.get(id);
      // What was begun on news alone is the new segment of that name already.
      if (copy?.segment || change.expired.includes(id)) this.#copies.drop(id);
    }
    if (change.restarted) {
      for (const copy of [...this.#copies.all()]) {
        if (copy.trackId !== trackId) continue;
        this.#seals.forget(copy.id);
        this.#copies.drop(copy.id);
      }
      for (const neighbour of this.#neighbourhood.all) neighbour.forgetTrack(trackId);
    }
    const timeline = this.#rim.timeline.track(trackId);
    for (const segment of timeline?.segments ?? []) {
      const copy = this.#copies.get(segment.id);
      if (copy) copy.segment = segment;
    }
    if (timeline?.live) this.#tellNewest(timeline);
    this.#acquisition.replan();
  }

  /** What we play or whether we send changed. */
  statusChanged(): void {
    const uploads = this.#handlers.uploads();
    for (const neighbour of this.#neighbourhood.all) {
      this.#sendStatus(neighbour);
      if (uploads && !this.#uploaded) this.#announcer.greet(neighbour, this.#copies.all());
    }
    this.#uploaded = uploads;
    this.#acquisition.electorateChanged();
  }

  /** Whether seals come changed. */
  replan(): void {
    this.#acquisition.replan();
  }

  close(): void {
    this.#acquisition.close();
    this.#announcer.close();
    this.#uploader.close();
    this.#neighbourhood.close();
    this.#copies.clear();
  }

  /**
   * Nobody has sealed the newest segment yet: the sealer is told, sooner than it would look itself. In a cluster those speak
   * who are to fetch; the others hear the seal before they have read a playlist.
   */
  #tellNewest({ trackId, segments }: TrackTimeline): void {
    const newest = segments[segments.length - 1];
    const roster = this.#rosters.of(trackId);
    const speaks = !roster || roster.electors.some(({ peerId }) => peerId === this.#self);
    if (newest && speaks && !this.#seals.get(newest.id)) this.#tellNews(trackId, newest.id);
  }

  #tellNews(trackId: TrackId, id: SegmentId): void {
    if (this.#toldNews.get(trackId) === id) return;
    this.#toldNews.set(trackId, id);
    this.#handlers.news(trackId, id);
  }

  #joined(neighbour: Neighbour): void {
    this.#sendStatus(neighbour);
    this.#announcer.greet(neighbour, this.#copies.all());
    this.#handlers.neighboursChanged();
    this.#acquisition.replan();
  }

  #left(neighbour: Neighbour): void {
    this.#uploader.remove(neighbour);
    this.#acquisition.released(neighbour.peerId, null, null);
    this.#handlers.neighboursChanged();
  }

  #sendStatus(neighbour: Neighbour): void {
    neighbour.send({
      type: "status",
      uploads: this.#handlers.uploads(),
      freeSlots: this.#neighbourhood.freeSlots,
      tracks: [...this.#rim.timeline.active].slice(0, 8),
      continues: [],
      rosterEpoch: 0,
      uplink: this.#toldWeight,
    });
  }

  #isRare(id: SegmentId, piece: number): boolean {
    let holders = 0;
    for (const { said } of this.#hearsay.of(id)) if (said.has(piece)) holders++;
    return isRare(holders, this.#neighbourhood.all.length);
  }

  #upload(id: SegmentId, piece: number, edition: number): ReturnType<ConstructorParameters<typeof Uploader>[0]> {
    if (!this.#handlers.uploads()) return "budget";
    const found = this.#copies.read(id, piece);
    if (!found) return "gone";
    const held = found.copy.pieces[piece]?.state === "held" ? found.copy.edition : 0;
    if (edition !== 0 && held !== 0 && edition !== held) return "other-edition";
    return { bytes: found.bytes, edition: held };
  }

  #changed(copy: Copy): void {
    this.#announcer.announce(copy);
    this.#acquisition.changed(copy);
    if (copy.complete && copy.cdnBytes > 0 && !copy.seal && !copy.unshareable && !this.#trustsPeers) {
      this.#handlers.unsealed(copy.id, copy.trackId);
    }
  }

  #convict(peerId: PeerId): void {
    this.#rim.counters.convicted++;
    this.#neighbourhood.drop(peerId, "convicted");
    for (const copy of this.#copies.open()) this.#copies.forgetFrom(copy, peerId);
    this.#handlers.convicted(peerId);
  }

  #contradicted(copy: Copy): void {
    this.#announcer.withdraw(copy.id);
    this.#pauses.contradicted(copy.trackId);
    for (const neighbour of this.#neighbourhood.all) neighbour.wantSeal(copy.id, this.#rim.clock.now());
  }
}
