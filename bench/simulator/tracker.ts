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
import { SealShelf } from "../../tracker/server/src/seal-shelf.ts";
import type { FromTracker, Post, ToTracker } from "./post.ts";
import type { Random } from "./random.ts";
import type { Sealer } from "./sealer.ts";
import { SEAL_KEY } from "./seals.ts";
import { WAY_MS } from "./tracker-access.ts";

interface Member {
  readonly peerId: PeerId;
  readonly isp: string;
  readonly joinedMs: number;
  tracks: readonly TrackId[];
  sharing: SharingMode;
  uplinkBps: number;
}

/** The servers that viewers have in common beside the CDN. */
export interface ControlPlane {
  readonly tracker: Tracker;
  readonly sealer: Sealer;
}

const CANDIDATES = 24;
const REVIEW_MS = 2_000;
/** Until a socket without a word counts as gone. */
const PING_TIMEOUT_MS = 45_000;

/** The tracker with its real matching: joins, candidates, signals, seals. No admission, no limits. */
export class Tracker {
  readonly swarm = "/live";
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #post: Post;
  readonly #sealer: Sealer;
  readonly #table = new SwarmTable();
  readonly #shelf = new SealShelf();
  readonly #seals = new Map<SegmentId, Seal>();
  #rosters = new Rosters();
  readonly #members = new Map<PeerId, Member>();
  #sealing: SealingState = "on";
  #up = true;

  /** @param sealer whom news of segments go to */
  constructor(clock: Clock, random: Random, post: Post, sealer: Sealer) {
    this.#clock = clock;
    this.#random = random;
    this.#post = post;
    this.#sealer = sealer;
    this.#reviewLater();
  }

  /** A viewer said something. */
  receive(peerId: PeerId, said: ToTracker): void {
    if (!this.#up) return;
    if (said.kind === "join") return this.#enter(peerId, said.isp, said.join);
    const member = this.#members.get(peerId);
    if (member) this.#hear(member, said);
  }

  /** A new seal: to a few viewers of each ISP. */
  sealed(seal: Seal): void {
    if (!this.#up) return;
    const { segmentId, trackId, sealedAtMs } = seal;
    this.#seals.set(segmentId, seal);
    for (const peerId of this.#shelf.put({ segmentId, trackIds: [trackId], seal: `${sealedAtMs}` })) {
      this.#push(peerId, segmentId);
    }
  }

  /** The sealer is found to be away, or back. */
  setSealing(sealing: SealingState): void {
    this.#sealing = sealing;
    for (const peerId of this.#members.keys()) this.#tell(peerId, { kind: "sealing", sealing });
  }

  /** A viewer's machine is gone; its socket is noticed later. */
  vanish(peerId: PeerId): void {
    this.#clock.after(PING_TIMEOUT_MS, () => this.#leave(peerId));
  }

  /** It dies and is back after a while, knowing nothing. */
  fail(durationMs: number): void {
    this.#up = false;
    this.#rosters = new Rosters();
    for (const peerId of [...this.#members.keys()]) this.#leave(peerId);
    this.#clock.after(durationMs, () => {
      this.#up = true;
    });
  }

  /** Who fetches, as the real tracker looks at it every other second. */
  #reviewLater(): void {
    this.#clock.after(REVIEW_MS, () => {
      const viewers = [...this.#members.values()].map((member) => ({ ...member, uploads: member.sharing === "full" }));
      for (const { to, update } of this.#rosters.review(this.#up ? viewers : [], this.#clock.now())) {
        if (this.#members.has(to)) this.#tell(to, { kind: "roster", roster: update });
      }
      this.#reviewLater();
    });
  }

  #hear(member: Member, said: Exclude<ToTracker, { kind: "join" }>): void {
    const { peerId } = member;
    switch (said.kind) {
      case "signal": {
        const { peerId: to, attempt, data } = said.signal;
        const receiver = this.#members.get(to);
        if (!receiver) return;
        const signal = { peerId, attempt, data, sameIsp: receiver.isp === member.isp };
        return this.#tell(to, { kind: "signal", signal });
      }
      case "status": {
        const { tracks, sharing, freeSlots } = said.status;
        this.#table.update(peerId, {
          ...(tracks ? { tracks } : {}),
          ...(sharing ? { sharing } : {}),
          ...(typeof freeSlots === "number" ? { freeSlots } : {}),
        });
        member.sharing = sharing ?? member.sharing;
        if (tracks) this.#plays(member, tracks);
        return;
      }
      case "news": {
        const { seal, tellSealer } = this.#shelf.news(member, said.segmentId, this.#clock.now());
        if (tellSealer) this.#sealer.news(said.segmentId);
        if (seal) this.#push(peerId, seal.segmentId);
        return;
      }
      case "want":
        return this.#tell(peerId, { kind: "candidates", candidates: this.#pick(peerId, said.count) });
      case "report":
        member.uplinkBps = said.uplinkBps;
        return;
      case "leave":
        return this.#leave(peerId);
    }
  }

  #enter(peerId: PeerId, isp: string, { tracks, device, sharing, freeSlots }: Join): void {
    const member: Member = { peerId, isp, joinedMs: this.#clock.now(), tracks, sharing, uplinkBps: 0 };
    this.#members.set(peerId, member);
    this.#rosters.forget(peerId, tracks);
    this.#table.add({ peerId, isp, tracks, device, sharing, freeSlots, withheld: false });
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
    this.#tell(peerId, { kind: "welcome", welcome });
    this.#topUp(member);
  }

  #leave(peerId: PeerId): void {
    const member = this.#members.get(peerId);
    if (!member) return;
    this.#members.delete(peerId);
    this.#table.remove(peerId);
    this.#shelf.leave(member, member.tracks, true);
  }

  #pick(peerId: PeerId, count: number): Welcome["candidates"] {
    return this.#table.pick(peerId, Math.min(count, CANDIDATES), this.#clock.now(), this.#random.unit);
  }

  #plays(member: Member, tracks: readonly TrackId[]): void {
    this.#shelf.leave(member, member.tracks, false);
    member.tracks = tracks;
    this.#shelf.enter(member, tracks);
    this.#topUp(member);
  }

  #topUp(member: Member): void {
    for (const { segmentId } of this.#shelf.topUp(member, member.tracks)) this.#push(member.peerId, segmentId);
  }

  #push(peerId: PeerId, segmentId: SegmentId): void {
    const seal = this.#seals.get(segmentId);
    if (seal && this.#members.has(peerId)) this.#tell(peerId, { kind: "seal", seal });
  }

  #tell(peerId: PeerId, said: FromTracker): void {
    this.#post.send({ to: "viewer", peerId, said }, WAY_MS);
  }
}
