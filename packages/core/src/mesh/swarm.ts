import {
  type Candidate,
  decodeSeal,
  type Frame,
  fromRanges,
  type HaveFrame,
  type IceServer,
  type IncomingSignal,
  type PeerId,
  type RosterUpdate,
  type Seal,
  type SealKey,
  type SegmentId,
  type SegmentNews,
  type Signal,
  type SwarmId,
  type TrackId,
  uplinkUnits,
} from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { LoadRequest, LoadTask, Player, Segment } from "../player.ts";
import type { Counters, NeighbourStats } from "../stats.ts";
import { Acquisition } from "./acquisition.ts";
import { Announcer } from "./announcer.ts";
import { isRare } from "./ask-plan.ts";
import { Copies } from "./copies.ts";
import type { Copy } from "./copy.ts";
import { MOST_WEIGHT } from "./election.ts";
import { Hearsay } from "./hearsay.ts";
import type { Integrity } from "./integrity.ts";
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

/** Announced segments taken before our own playlist lists them, at one time. */
const MAX_AHEAD = 3;
/** Who refused a piece because it has enough to send is not asked again so soon. */
const BUSY_MS = 200;
/** A change of our uplink is told from this share on. */
const WEIGHT_CHANGE = 0.25;

/** Sharing with the viewers of one content: frames in, frames out, and the rooms in between. */
export class Swarm {
  readonly #rim: SwarmRim;
  readonly #handlers: SwarmHandlers;
  readonly #trustsPeers: boolean;
  readonly #shareable: SwarmSettings["shareable"];
  readonly #seals: SealBook;
  readonly #copies: Copies;
  readonly #neighbourhood: Neighbourhood;
  readonly #uploader: Uploader;
  readonly #acquisition: Acquisition;
  readonly #announcer: Announcer;
  readonly #hearsay = new Hearsay();
  readonly #rosters = new Rosters();
  #toldWeight = 0;
  /** Whether we sent to others when neighbours were last told how we stand. */
  #uploaded: boolean;
  readonly #pauses: TrackPauses;

  constructor(rim: SwarmRim, settings: SwarmSettings, handlers: SwarmHandlers) {
    const { clock, counters, timeline, player } = rim;
    this.#rim = rim;
    this.#handlers = handlers;
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
        frame: (neighbour, bytes) => this.#frame(neighbour, bytes),
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
    if (!this.#copies.get(id)) this.#handlers.news(trackId, id);
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
    this.#handlers.news(segment.trackId, segment.id);
    this.#copies.receiveCdn(copy, { bytes, offset: 0, totalBytes: bytes.byteLength, whole: true });
  }

  /**
   * A seal came, from the tracker, the sealer or a neighbour. A true one is news: it says that the segment exists, and how
   * long it is. So it goes on at once to everybody who does not have it.
   */
  async offerSeal(seal: Seal, from: Neighbour | null = null): Promise<void> {
    from?.notesSeal(seal);
    const verdict = await this.#seals.offer(seal);
    if (verdict === "forged" && from) return this.#convict(from.peerId);
    if (verdict !== "new") return;
    const { segmentId } = seal;
    if (!this.#copies.get(segmentId) && this.#wantsAhead(segmentId, seal)) this.#copies.beginAhead(segmentId, seal);
    this.#copies.applySeal(seal);
    if (!from || this.#copies.get(segmentId)) {
      for (const neighbour of this.#neighbourhood.all) neighbour.sendSeal(seal);
    }
    this.#acquisition.replan();
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
    if (seal.ok) void this.offerSeal(seal.value);
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

  #frame(neighbour: Neighbour, bytes: Uint8Array): void {
    const frame = neighbour.read(bytes);
    if (frame) return this.#handle(neighbour, frame);
    this.#rim.counters.skippedMessages++;
    if (neighbour.babbles) this.#neighbourhood.drop(neighbour.peerId, "incompatible");
  }

  #handle(neighbour: Neighbour, frame: Frame): void {
    switch (frame.type) {
      case "have":
        return this.#have(neighbour, frame);
      case "drop":
        for (const id of frame.segmentIds) {
          const said = neighbour.announced(id);
          neighbour.forget(id);
          if (said && said.comingSinceMs !== null && !said.hasAny) this.#fetchFailed(neighbour, id);
          this.#acquisition.released(neighbour.peerId, id, null);
        }
        return;
      case "request":
        return this.#uploader.request(neighbour, frame);
      case "cancel": {
        const pieces = frame.pieces.length > 0 ? new Set(fromRanges(frame.pieces)) : null;
        return this.#uploader.cancel(neighbour.peerId, frame.segmentId, pieces);
      }
      case "reject": {
        if (frame.reason === "busy") neighbour.busyUntilMs = this.#rim.clock.now() + BUSY_MS;
        else neighbour.forget(frame.segmentId);
        return this.#acquisition.released(neighbour.peerId, frame.segmentId, new Set(fromRanges(frame.pieces)));
      }
      case "piece": {
        const copy = this.#copies.get(frame.segmentId);
        neighbour.received(frame.bytes.length, this.#rim.clock.now());
        this.#rim.counters.peerBytes += frame.bytes.length;
        if (!copy) {
          this.#rim.counters.wastedBytes += frame.bytes.length;
          return;
        }
        const before = copy.pieces[frame.piece]?.state;
        this.#copies.receive(copy, neighbour.peerId, frame);
        if (before === "asked" && copy.pieces[frame.piece]?.state !== "asked") {
          neighbour.pieceDone(this.#rim.clock.now());
          this.#acquisition.replan();
        }
        return;
      }
      case "status":
        neighbour.uploads = frame.uploads;
        neighbour.tracks = new Set(frame.tracks);
        neighbour.uplink = frame.uplink;
        return this.#acquisition.electorateChanged();
      case "wantSeal": {
        const seal = this.#seals.get(frame.segmentId);
        if (seal) neighbour.send({ type: "seal", seal });
        return;
      }
      case "seal":
        void this.offerSeal(frame.seal, neighbour);
        return;
      case "bye":
        return this.#neighbourhood.drop(neighbour.peerId, "leaving");
      case "hello":
        return;
    }
  }

  #have(neighbour: Neighbour, frame: HaveFrame): void {
    const { segmentId, news } = frame;
    const said = neighbour.announcement(segmentId);
    const promised = said.comingSinceMs !== null;
    if (said.add(frame, this.#rim.clock.now())) this.#fetchFailed(neighbour, segmentId);
    let copy = this.#copies.get(segmentId);
    if (!copy && news && this.#wantsAhead(segmentId, news)) copy = this.#copies.beginAhead(segmentId, news);
    if (copy && news) this.#copies.claimLength(copy, news);
    // What we have already changes no plan.
    const matters = promised || frame.coming.length > 0 || copy?.lacks(frame.held);
    if (copy && !copy.complete && matters) this.#acquisition.replan();
  }

  /** It was getting something from the CDN, and does no more. */
  #fetchFailed(neighbour: Neighbour, id: SegmentId): void {
    const nowMs = this.#rim.clock.now();
    neighbour.fetchFailedMs = nowMs;
    const copy = this.#copies.get(id);
    if (copy) copy.brokenMs = nowMs;
    this.#acquisition.electorateChanged();
  }

  /** News ahead of our playlist: the segment that follows what the player follows. */
  #wantsAhead(id: SegmentId, news: Pick<SegmentNews, "trackId" | "previousId">): boolean {
    const { timeline } = this.#rim;
    // Where the integrator decides by URL, nothing is taken before its URL is known.
    if (this.#shareable || timeline.find(id) || !this.#handlers.sealing() || this.paused(news.trackId)) return false;
    const ahead = [...this.#copies.all()].filter((copy) => !copy.segment);
    if (ahead.length >= MAX_AHEAD) return false;
    const chained = ahead.some((copy) => copy.id === news.previousId);
    return timeline.continues(news.trackId, news.previousId) || (chained && timeline.active.has(news.trackId));
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
