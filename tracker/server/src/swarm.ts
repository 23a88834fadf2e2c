import { type EntryPatch, type Explanation, Rosters, SwarmTable } from "@shoal/matching";
import {
  type Candidate,
  type Join,
  type News,
  type PeerId,
  type RosterUpdate,
  type SealingState,
  type StatusUpdate,
  type SwarmId,
  TRACKER_EVENTS,
  type TrackId,
} from "@shoal/protocol";
import type { Follow, LinkSeal } from "@shoal/sealer";
import { Convictions } from "./convictions.ts";
import { Introductions } from "./introductions.ts";
import type { JoinLog } from "./matching/join-log.ts";
import { Offers } from "./matching/offers.ts";
import type { Place } from "./place/place-reader.ts";
import { SealShelf } from "./seal-shelf.ts";
import { lesser, type Policy } from "./steering/steering.ts";
import { type Send, type Viewer, viewerFrom } from "./viewer.ts";

/** Manifests of one content that are passed to the sealer: a multivariant playlist and an MPD, and some to spare. */
const MAX_MANIFESTS = 4;
const MAX_NOTED = 64;

/** Why a viewer meets whom it meets. Holds no address. */
export interface MatchExplanation {
  readonly viewer: Readonly<Record<string, unknown>>;
  /** Who was named to it, as they would be weighed now. */
  readonly introduced: readonly Explanation[];
  /** What it would be answered now: another draw each time. */
  readonly next: readonly Explanation[];
}

/** Everybody who may share with each other, and what the tracker does for them. Sends, but opens nothing. */
export class Swarm {
  readonly id: SwarmId;
  readonly contentId: string;
  readonly #table: SwarmTable;
  readonly #joinLog: JoinLog | null;
  readonly #offers = new Offers();
  readonly #viewers = new Map<PeerId, Viewer>();
  readonly #introductions = new Introductions();
  readonly #convictions = new Convictions();
  readonly #shelf = new SealShelf();
  readonly #rosters = new Rosters();
  #rostersDue = false;
  readonly #manifests = new Map<string, number>();
  #sealing: SealingState;
  #mediaBase: string | null = null;

  /** @param options.relays whether viewers have a TURN server */
  constructor(
    id: SwarmId,
    contentId: string,
    sealing: SealingState,
    options: { readonly relays: boolean; readonly joinLog: JoinLog | null } = { relays: false, joinLog: null },
  ) {
    this.#table = new SwarmTable({ relays: options.relays });
    this.#joinLog = options.joinLog;
    this.id = id;
    this.contentId = contentId;
    this.#sealing = sealing;
  }

  get tenant(): string {
    return this.id.slice(0, this.id.indexOf("/"));
  }

  get size(): number {
    return this.#viewers.size;
  }

  get sealing(): SealingState {
    return this.#sealing;
  }

  /** Where the content lies, as a token says that its operator signed. The newest word counts. */
  set mediaBase(url: string) {
    this.#mediaBase = url;
  }

  /**
   * Takes a viewer in. One of the same id is replaced: its neighbours and introductions are the same viewer's.
   *
   * @returns the viewer, and the one it replaced
   */
  join(
    join: Join,
    place: Omit<Place, "address">,
    policy: Policy,
    send: Send,
    nowMs: number,
  ): { readonly viewer: Viewer; readonly replaced: Viewer | null } {
    const replaced = this.#viewers.get(join.peerId) ?? null;
    if (replaced) this.#shelf.leave(replaced, replaced.tracks, true);
    this.#rosters.forget(join.peerId, replaced?.tracks ?? []);
    this.#rostersDue = true;
    const viewer = viewerFrom(join, place, policy, send, nowMs);
    this.#viewers.set(viewer.peerId, viewer);
    const { peerId, isp, country, region, site, device, nat, playOffsetMs, tracks, sharing } = viewer;
    const entry = {
      ...{ peerId, isp, country, region, site, device, nat, playOffsetMs, tracks, sharing },
      freeSlots: join.freeSlots,
      withheld: this.#convictions.isConvicted(peerId),
      inside: policy.inside,
    };
    this.#table.add(entry);
    this.#joinLog?.add(this.id, nowMs, { e: "join", entry });
    if (viewer.sharing !== "off") this.#shelf.enter(viewer, viewer.tracks);
    if (join.manifest !== null) this.#noteManifest(join.manifest);
    return { viewer, replaced };
  }

  /** @returns false where the viewer had been replaced by a newer socket before */
  leave(viewer: Viewer, nowMs: number): boolean {
    if (this.#viewers.get(viewer.peerId) !== viewer) return false;
    this.#joinLog?.add(this.id, nowMs, { e: "leave", peerId: viewer.peerId });
    this.#viewers.delete(viewer.peerId);
    this.#table.remove(viewer.peerId);
    this.#introductions.forget(viewer.peerId);
    this.#rosters.forget(viewer.peerId, viewer.tracks);
    this.#rostersDue = true;
    this.#shelf.leave(viewer, viewer.tracks, true);
    return true;
  }

  /** Whom a viewer should connect to; from now on they may signal to each other. */
  candidatesFor(viewer: Viewer, count: number, nowMs: number, random: () => number): readonly Candidate[] {
    for (const silent of this.#offers.expire(nowMs)) this.#table.update(silent, { failedMs: nowMs });
    this.#joinLog?.add(this.id, nowMs, { e: "want", peerId: viewer.peerId, count });
    const candidates = this.#table.pick(viewer.peerId, count, nowMs, random);
    for (const { peerId } of candidates) this.#introductions.introduce(viewer.peerId, peerId);
    return candidates;
  }

  /** From now on the two may signal to each other; the other may be at another pod. */
  introduce(viewer: Viewer, other: PeerId): void {
    this.#introductions.introduce(viewer.peerId, other);
  }

  viewer(peerId: PeerId): Viewer | null {
    return this.#viewers.get(peerId) ?? null;
  }

  /** Viewers by ISP group. */
  sizes(): Map<string, number> {
    const sizes = new Map<string, number>();
    for (const { isp } of this.#viewers.values()) sizes.set(isp, (sizes.get(isp) ?? 0) + 1);
    return sizes;
  }

  /** Some that other pods' viewers may call, drawn at random from those with room. */
  sample(count: number, random: () => number): readonly Pick<Viewer, "peerId" | "isp" | "tracks">[] {
    const drawn: Pick<Viewer, "peerId" | "isp" | "tracks">[] = [];
    let seen = 0;
    for (const { peerId, isp, tracks, sharing, policy, nat } of this.#viewers.values()) {
      if (sharing !== "full" || policy.inside !== null || this.#convictions.isConvicted(peerId)) continue;
      // The other pod does not weigh NATs: whom not everybody can reach is not told of.
      if (nat === "symmetric") continue;
      if ((this.#table.get(peerId)?.freeSlots ?? 0) <= 0) continue;
      seen++;
      const at = drawn.length < count ? drawn.length : Math.floor(random() * seen);
      if (at < count) drawn[at] = { peerId, isp, tracks };
    }
    return drawn;
  }

  /** @returns the receiver of a signal, or why there is none */
  receiverOf(from: Viewer, to: PeerId): Viewer | "unmatched" | "gone" {
    if (!this.#introductions.know(from.peerId, to)) return "unmatched";
    return this.#viewers.get(to) ?? "gone";
  }

  /** A signal was passed on: who leaves offers without an answer is offered to others later than others. */
  signalled(from: Viewer, to: PeerId, attempt: number, nowMs: number): void {
    this.#offers.relayed(from.peerId, to, attempt, nowMs);
  }

  /** What the operator says to a viewer now. @returns true where what the sealer should know has changed */
  setPolicy(viewer: Viewer, policy: Policy, nowMs: number): boolean {
    viewer.policy = policy;
    this.#table.update(viewer.peerId, { inside: policy.inside });
    return this.status(viewer, { tracks: null, sharing: null, freeSlots: null, nat: null, playheadMs: null }, nowMs);
  }

  viewers(): Iterable<Viewer> {
    return this.#viewers.values();
  }

  /** Whom a viewer was given, and would be given now, and why; `null` where it is not here. */
  explain(peerId: PeerId, count: number, nowMs: number, random: () => number): MatchExplanation | null {
    const viewer = this.#viewers.get(peerId);
    if (!viewer) return null;
    const { isp, country, region, site, device, nat, sharing, policy, playOffsetMs, tracks } = viewer;
    const introduced = [...this.#introductions.of(peerId)]
      .map((other) => this.#table.weigh(peerId, other, nowMs))
      .filter((explanation) => explanation !== null);
    return {
      viewer: { peerId, isp, country, region, site, device, nat, sharing, policy, playOffsetMs, tracks },
      introduced,
      next: this.#table.explain(peerId, count, nowMs, random),
    };
  }

  /** @returns true where what the sealer should know has changed */
  status(viewer: Viewer, update: StatusUpdate, nowMs: number): boolean {
    const tracks = update.tracks ? [...new Set(update.tracks)] : viewer.tracks;
    viewer.wanted = update.sharing ?? viewer.wanted;
    viewer.nat = update.nat ?? viewer.nat;
    if (update.playheadMs !== null) viewer.playOffsetMs = update.playheadMs - nowMs;
    const sharing = lesser(viewer.wanted, viewer.policy.sharing);
    const changed = update.tracks !== null || sharing !== viewer.sharing;
    if (changed) {
      this.#rostersDue = true;
      this.#shelf.leave(viewer, viewer.tracks, sharing === "off");
      viewer.tracks = tracks;
      viewer.sharing = sharing;
      if (sharing !== "off") this.#shelf.enter(viewer, tracks);
    }
    const patch: EntryPatch = {
      ...(changed ? { tracks, sharing } : {}),
      ...(update.freeSlots === null ? {} : { freeSlots: update.freeSlots }),
      ...(update.nat === null ? {} : { nat: viewer.nat }),
      ...(update.playheadMs === null ? {} : { playOffsetMs: viewer.playOffsetMs }),
    };
    this.#table.update(viewer.peerId, patch);
    this.#joinLog?.add(this.id, nowMs, { e: "status", peerId: viewer.peerId, patch });
    return changed;
  }

  /** Gives a viewer the seals that too few around it have. @returns how many */
  topUp(viewer: Viewer): number {
    if (viewer.sharing === "off") return 0;
    const seals = this.#shelf.topUp(viewer, viewer.tracks);
    for (const { seal } of seals) viewer.send(TRACKER_EVENTS.seal, { seal });
    return seals.length;
  }

  /** A viewer announced a segment. @returns what to do about it */
  news(viewer: Viewer, news: News, nowMs: number): "tell-sealer" | "known" | "too-few-viewers" | "not-its-track" {
    if (!viewer.tracks.includes(news.trackId) || viewer.sharing === "off") return "not-its-track";
    // A sealer that seals for one viewer (an option of its own) has said so by being on.
    if (this.#viewersOn(news.trackId) < 2 && this.#sealing !== "on") return "too-few-viewers";
    const { seal, tellSealer } = this.#shelf.news(viewer, news.segmentId, nowMs);
    if (seal) viewer.send(TRACKER_EVENTS.seal, { seal: seal.seal });
    return tellSealer ? "tell-sealer" : "known";
  }

  /** Hands a seal out. @returns to how many */
  seal(message: LinkSeal): number {
    const { seal, segmentId, trackIds } = message;
    const chosen = this.#shelf.put({ seal, segmentId, trackIds });
    for (const peerId of chosen) this.#viewers.get(peerId)?.send(TRACKER_EVENTS.seal, { seal });
    return chosen.length;
  }

  /** Tells everybody whether segments are sealed, where that changed. @returns true where it did */
  setSealing(state: SealingState): boolean {
    if (state === this.#sealing) return false;
    this.#sealing = state;
    this.tellAll(TRACKER_EVENTS.sealing, { state });
    return true;
  }

  tellAll(event: string, payload: object): void {
    for (const viewer of this.#viewers.values()) viewer.send(event, payload);
  }

  /** Counts what a viewer says of others it was introduced to. @returns how many are withheld for it */
  convict(accuser: Viewer, accused: readonly PeerId[]): number {
    let withheld = 0;
    for (const peerId of new Set(accused)) {
      if (!this.#introductions.know(accuser.peerId, peerId)) continue;
      if (!this.#convictions.report(accuser.peerId, peerId)) continue;
      this.#table.update(peerId, { withheld: true });
      withheld++;
    }
    return withheld;
  }

  /** What a viewer measured. */
  measured(viewer: Viewer, uplinkBps: number): void {
    if (uplinkBps === 0 || uplinkBps === viewer.uplinkBps) return;
    if (viewer.uplinkBps === 0) this.#table.update(viewer.peerId, { proven: true });
    viewer.uplinkBps = uplinkBps;
    this.#rostersDue = true;
  }

  /** Names who fetches, where viewers came, went or proved themselves. @returns how many were told */
  reviewRosters(nowMs: number): number {
    if (!this.#rostersDue) return 0;
    this.#rostersDue = false;
    const viewers = [...this.#viewers.values()]
      .filter(({ sharing }) => sharing !== "off")
      .map((viewer) => ({
        ...viewer,
        uploads: viewer.sharing === "full" && !this.#convictions.isConvicted(viewer.peerId),
      }));
    const notices = this.#rosters.review(viewers, nowMs);
    for (const { to, update } of notices) this.#viewers.get(to)?.send(TRACKER_EVENTS.roster, brief(update));
    return notices.length;
  }

  /** What the sealer needs to know. */
  follow(): Follow {
    const tracks = [...this.#table.viewersByTrack()].map(([trackId, viewers]) => ({ trackId, viewers }));
    const named = [...this.#manifests].sort((a, b) => b[1] - a[1]).map(([manifest]) => manifest);
    const manifests = this.size > 0 ? named.slice(0, MAX_MANIFESTS) : [];
    return {
      swarm: this.id,
      contentId: this.contentId,
      manifests,
      tracks: tracks.slice(0, 1_000),
      mediaBase: this.#mediaBase,
    };
  }

  #viewersOn(track: TrackId): number {
    return this.#table.viewersByTrack().get(track) ?? 0;
  }

  /** One viewer with made-up paths must not displace the path that all others name. */
  #noteManifest(manifest: string): void {
    this.#manifests.set(manifest, (this.#manifests.get(manifest) ?? 0) + 1);
    if (this.#manifests.size <= MAX_NOTED) return;
    const least = [...this.#manifests].reduce((a, b) => (b[1] < a[1] ? b : a));
    this.#manifests.delete(least[0]);
  }
}

/** A roster's news without what is empty: most viewers are told only that there is one. */
function brief({ trackId, epoch, from, viewers, add, gone }: RosterUpdate): Partial<RosterUpdate> {
  return {
    ...{ trackId, epoch, viewers },
    ...(from === 0 ? {} : { from }),
    ...(add.length === 0 ? {} : { add }),
    ...(gone.length === 0 ? {} : { gone }),
  };
}
