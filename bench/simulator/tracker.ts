import type { Clock } from "@shoal/core";
import { Rosters, SwarmTable } from "@shoal/matching";
import {
  type Join,
  NO_REMOTE_CONFIG,
  type PeerId,
  type Seal,
  type SealingState,
  type SegmentId,
  type SharingMode,
  TRACKER_VERSION,
  type TrackId,
  type Welcome,
} from "@shoal/protocol";
import type { TrackerConnector, TrackerHandlers } from "../../packages/core/src/mesh/tracker-link.ts";
import { SealShelf } from "../../tracker/server/src/seal-shelf.ts";
import type { Random } from "./random.ts";
import type { Sealer } from "./sealer.ts";
import { SEAL_KEY } from "./seals.ts";

interface Member {
  readonly peerId: PeerId;
  readonly isp: string;
  readonly join: () => Join;
  readonly handlers: TrackerHandlers;
  tracks: readonly TrackId[];
  sharing: SharingMode;
  uplinkBps: number;
  joinedMs: number;
  connected: boolean;
  closed: boolean;
}

/** One way between a viewer and the tracker, milliseconds. */
const WAY_MS = 25;
/** TLS, WebSocket and socket.io handshakes until the join is read. */
const CONNECT_MS = 6 * WAY_MS;
const CANDIDATES = 24;
/** Viewers come back to a lost tracker within this time, each at a random moment of it. */
const RECONNECT_MS = 30_000;
const REVIEW_MS = 2_000;
/** Until a socket without a word counts as gone. */
const PING_TIMEOUT_MS = 45_000;

/** The tracker with its real matching: joins, candidates, signals, seals. No admission, no limits. */
export class Tracker {
  readonly swarm = "/live";
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #table = new SwarmTable();
  readonly #shelf = new SealShelf();
  readonly #seals = new Map<SegmentId, Seal>();
  #rosters = new Rosters();
  readonly #members = new Map<PeerId, Member>();
  #sealer: Sealer | null = null;
  #sealing: SealingState = "on";
  #up = true;
  sealsPushed = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#reviewLater();
  }

  /** Whom news of segments go to. */
  follow(sealer: Sealer): void {
    this.#sealer = sealer;
  }

  /** How a viewer of an ISP reaches the tracker. */
  connector(peerId: PeerId, isp: number): TrackerConnector {
    return (_url, join, handlers) => {
      const member: Member = {
        peerId,
        isp: `isp-${isp}`,
        join,
        handlers,
        tracks: [],
        sharing: "off",
        uplinkBps: 0,
        joinedMs: 0,
        connected: false,
        closed: false,
      };
      this.#clock.after(CONNECT_MS, () => this.#enter(member));
      const said = (act: () => void): void => {
        if (!member.connected) return;
        this.#clock.after(WAY_MS, () => {
          if (this.#up && this.#members.get(peerId) === member) act();
        });
      };
      return {
        get connected() {
          return member.connected;
        },
        signal: (signal) =>
          said(() => {
            const receiver = this.#members.get(signal.peerId);
            if (!receiver) return;
            const { attempt, data } = signal;
            const sameIsp = receiver.isp === member.isp;
            this.#tell(receiver, () => receiver.handlers.signal({ peerId, attempt, data, sameIsp }));
          }),
        status: ({ tracks, sharing, freeSlots }) =>
          said(() => {
            this.#table.update(peerId, {
              ...(tracks ? { tracks } : {}),
              ...(sharing ? { sharing } : {}),
              ...(typeof freeSlots === "number" ? { freeSlots } : {}),
            });
            member.sharing = sharing ?? member.sharing;
            if (tracks) this.#plays(member, tracks);
          }),
        news: ({ segmentId }) =>
          said(() => {
            const { seal, tellSealer } = this.#shelf.news(member, segmentId, this.#clock.now());
            if (tellSealer) this.#sealer?.news(segmentId);
            if (seal) this.#push(member, seal.segmentId);
          }),
        wantCandidates: (count) =>
          said(() => {
            const candidates = this.#pick(peerId, Math.min(count, CANDIDATES));
            this.#tell(member, () => handlers.candidates(candidates));
          }),
        report: ({ uplinkBps }) =>
          said(() => {
            member.uplinkBps = uplinkBps;
          }),
        close: () => {
          member.closed = true;
          this.#leave(member);
        },
      };
    };
  }

  /** A new seal: to a few viewers of each ISP. */
  sealed(seal: Seal): void {
    if (!this.#up) return;
    const { segmentId, trackId, sealedAtMs } = seal;
    this.#seals.set(segmentId, seal);
    for (const peerId of this.#shelf.put({ segmentId, trackIds: [trackId], seal: `${sealedAtMs}` })) {
      const member = this.#members.get(peerId);
      if (member) this.#push(member, segmentId);
    }
  }

  /** The sealer is found to be away, or back. */
  setSealing(state: SealingState): void {
    this.#sealing = state;
    for (const member of this.#members.values()) this.#tell(member, () => member.handlers.sealing(state));
  }

  /** A viewer's machine is gone; its socket is noticed later. */
  vanish(peerId: PeerId): void {
    const member = this.#members.get(peerId);
    if (!member) return;
    member.closed = true;
    member.connected = false;
    this.#clock.after(PING_TIMEOUT_MS, () => this.#leave(member));
  }

  /** The tracker dies and is back after a while, knowing nothing. */
  fail(durationMs: number): void {
    this.#up = false;
    this.#rosters = new Rosters();
    const lost = [...this.#members.values()];
    for (const member of lost) this.#leave(member);
    for (const member of lost) this.#away(member);
    this.#clock.after(durationMs, () => {
      this.#up = true;
    });
  }

  /** Who fetches, as the real tracker looks at it every other second. */
  #reviewLater(): void {
    this.#clock.after(REVIEW_MS, () => {
      const viewers = [...this.#members.values()].map((member) => ({ ...member, uploads: member.sharing === "full" }));
      for (const { to, update } of this.#rosters.review(this.#up ? viewers : [], this.#clock.now())) {
        const member = this.#members.get(to);
        if (member) this.#tell(member, () => member.handlers.roster(update));
      }
      this.#reviewLater();
    });
  }

  #enter(member: Member): void {
    if (member.closed) return;
    if (!this.#up) return this.#away(member);
    const { peerId, isp, handlers } = member;
    const { tracks, device, sharing, freeSlots } = member.join();
    this.#members.set(peerId, member);
    member.joinedMs = this.#clock.now();
    this.#rosters.forget(peerId, tracks);
    this.#table.add({ peerId, isp, tracks, device, sharing, freeSlots, withheld: false });
    member.tracks = tracks;
    member.sharing = sharing;
    this.#shelf.enter(member, tracks);
    const welcome: Welcome = {
      version: TRACKER_VERSION,
      nowMs: this.#clock.wallMs(),
      swarm: this.swarm,
      candidates: this.#pick(peerId, CANDIDATES),
      iceServers: [],
      sealKeys: [SEAL_KEY],
      sealing: this.#sealing,
      sealUrl: "https://sealer.example/v1/seal",
      session: null,
      config: NO_REMOTE_CONFIG,
    };
    this.#tell(member, () => {
      member.connected = true;
      handlers.welcome(welcome);
    });
    this.#topUp(member);
  }

  #away(member: Member): void {
    member.handlers.away(null);
    this.#clock.after(this.#random.between(0, RECONNECT_MS), () => this.#enter(member));
  }

  #leave(member: Member): void {
    member.connected = false;
    if (this.#members.get(member.peerId) !== member) return;
    this.#members.delete(member.peerId);
    this.#table.remove(member.peerId);
    this.#shelf.leave(member, member.tracks, true);
  }

  #pick(peerId: PeerId, count: number): Welcome["candidates"] {
    return this.#table.pick(peerId, count, this.#clock.now(), this.#random.unit);
  }

  #plays(member: Member, tracks: readonly TrackId[]): void {
    this.#shelf.leave(member, member.tracks, false);
    member.tracks = tracks;
    this.#shelf.enter(member, tracks);
    this.#topUp(member);
  }

  #topUp(member: Member): void {
    for (const { segmentId } of this.#shelf.topUp(member, member.tracks)) this.#push(member, segmentId);
  }

  #push(member: Member, segmentId: SegmentId): void {
    const seal = this.#seals.get(segmentId);
    if (!seal) return;
    this.sealsPushed++;
    this.#tell(member, () => member.handlers.seal(seal));
  }

  #tell(member: Member, act: () => void): void {
    this.#clock.after(WAY_MS, () => {
      if (this.#up && !member.closed) act();
    });
  }
}
