import {
  type Join,
  type News,
  NO_REMOTE_CONFIG,
  type PeerId,
  type RemoteConfig,
  type Report,
  type RosterMember,
  type Seal,
  type SealingState,
  type SealKey,
  TRACKER_VERSION,
  type TrackId,
  type Welcome,
} from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { TrackerConnector, TrackerHandlers } from "../mesh/tracker-link.ts";

interface Member {
  readonly join: Join;
  readonly handlers: TrackerHandlers;
  connected: boolean;
}

/** A tracker inside one process: everybody meets everybody of one swarm. */
export class MemoryTracker {
  readonly #clock: Clock;
  readonly #members = new Map<PeerId, Member>();
  readonly swarm: string;
  sealKeys: readonly SealKey[] = [];
  sealing: SealingState = "on";
  /** Hears every news and report. */
  onNews: (news: News, from: PeerId) => void = () => {};
  onReport: (report: Report, from: PeerId) => void = () => {};
  readonly #kept: Seal[] = [];
  #up = true;
  #sealsGoOn = false;

  constructor(clock: Clock, swarm: string = "/test") {
    this.#clock = clock;
    this.swarm = swarm;
  }

  readonly connector: TrackerConnector = (_url, join, handlers) => {
    const member: Member = { join: join(), handlers, connected: false };
    const self = member.join.peerId;
    const enter = (): void => {
      if (!this.#up) {
        handlers.away(null);
        return;
      }
      const candidates = [...this.#members.keys()]
        .filter((peerId) => peerId !== self)
        .map((peerId) => ({ peerId, sameIsp: true, sameTrack: true }));
      this.#members.set(self, member);
      member.connected = true;
      handlers.welcome(this.#welcome(candidates));
      if (candidates.length < 4) for (const seal of this.#kept) handlers.seal(seal);
    };
    this.#clock.after(5, enter);
    return {
      get connected() {
        return member.connected;
      },
      signal: ({ peerId, attempt, data }) => {
        const receiver = this.#members.get(peerId);
        if (!this.#up || !receiver) return;
        this.#clock.after(5, () => receiver.handlers.signal({ peerId: self, attempt, data, sameIsp: true }));
      },
      status: () => {},
      news: (news) => {
        if (this.#up) this.onNews(news, self);
      },
      wantCandidates: () => {},
      report: (report) => this.onReport(report, self),
      close: () => {
        member.connected = false;
        if (this.#members.get(self) === member) this.#members.delete(self);
      },
    };
  };

  /** Keeps a seal for those who come when nobody else holds it. */
  keep(seal: Seal): void {
    this.#kept.push(seal);
    if (this.#kept.length > 8) this.#kept.shift();
  }

  /** Pushes a seal to at most `count` viewers. */
  pushSeal(seal: Seal, count: number = 4): void {
    if (!this.#up && !this.#sealsGoOn) return;
    for (const { handlers } of [...this.#members.values()].slice(0, count)) {
      this.#clock.after(5, () => handlers.seal(seal));
    }
  }

  setSealing(state: SealingState): void {
    this.sealing = state;
    for (const { handlers } of this.#members.values()) handlers.sealing(state);
  }

  /** Names who fetches a track for all. */
  setRoster(trackId: TrackId, members: readonly PeerId[]): void {
    const roster = { trackId, epoch: 1, from: 0, viewers: this.#members.size, gone: [] };
    for (const [peerId, { handlers }] of this.#members) {
      const add = members.includes(peerId) ? members.map((member): RosterMember => [member, 50]) : [];
      handlers.roster({ ...roster, add });
    }
  }

  configure(config: RemoteConfig): void {
    for (const { handlers } of this.#members.values()) handlers.config(config);
  }

  /**
   * The tracker dies; viewers notice and play on.
   * @param how.sealsGoOn seals still reach the first holders, as they do when these ask the sealer itself
   */
  stop({ sealsGoOn = false }: { readonly sealsGoOn?: boolean } = {}): void {
    this.#up = false;
    this.#sealsGoOn = sealsGoOn;
    for (const member of this.#members.values()) {
      member.connected = false;
      member.handlers.away(null);
    }
  }

  #welcome(candidates: Welcome["candidates"]): Welcome {
    return {
      version: TRACKER_VERSION,
      nowMs: this.#clock.wallMs(),
      swarm: this.swarm,
      candidates,
      iceServers: [],
      sealKeys: this.sealKeys,
      sealing: this.sealing,
      sealUrl: null,
      session: null,
      config: NO_REMOTE_CONFIG,
    };
  }
}
