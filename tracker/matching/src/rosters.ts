import {
  MAX_ROSTER,
  type PeerId,
  type RosterMember,
  type RosterUpdate,
  type TrackId,
  uplinkUnits,
} from "@shoal/protocol";

/** A viewer as the rosters see it. */
export interface RosterViewer {
  readonly peerId: PeerId;
  readonly isp: string;
  readonly tracks: readonly TrackId[];
  /** It sends to others. */
  readonly uploads: boolean;
  /** Uplink as it measured it, bit/s; 0 while unknown. */
  readonly uplinkBps: number;
  readonly joinedMs: number;
}

/** What a viewer is to be told. */
export interface RosterNotice {
  readonly to: PeerId;
  readonly update: RosterUpdate;
}

/** Defaults of {@link Rosters}. */
export const ROSTER_DEFAULTS = {
  /** Viewers of one track in one ISP group from which on they elect for themselves; smaller groups elect together. */
  clusterViewers: 30,
  /** A cluster of its own stays one down to this share of {@link clusterViewers}. */
  stays: 0.7,
  /** One member for so many viewers, within bounds. */
  viewersPerMember: 4,
  leastMembers: 8,
  /** A list changes at most this often, milliseconds; sooner where it loses a quarter of its members, or the cluster grows by half. */
  changeMs: 60_000,
  /** Who came later than this is not sure to stay, milliseconds. */
  newcomerMs: 20_000,
};

/** Weight of a viewer whose uplink nobody has measured; units of 100 kbit/s, as everywhere here. */
const UNKNOWN_WEIGHT = 50;
/** A faster uplink counts as this one. */
const MOST_WEIGHT = 250;
/** A member whose uplink is now another by more than this share is told anew. */
const WEIGHT_CHANGE = 0.3;
/** A cluster that has grown by this factor needs more fetchers at once. */
const GROWTH = 1.5;
const NEWCOMER_FACTOR = 0.3;
/** Members stay unless somebody is better by far: each change makes two rosters for a moment. */
const MEMBER_FACTOR = 1.5;

interface Roster {
  readonly trackId: TrackId;
  epoch: number;
  changedMs: number;
  viewers: number;
  members: ReadonlyMap<PeerId, number>;
}

interface Told {
  readonly roster: Roster;
  /** Epoch of the list that it has; 0 for one who only knows that there is one. */
  readonly epoch: number;
}

/** Who fetches each track from the CDN, cluster by cluster; and who must hear of it. */
export class Rosters {
  readonly #options: typeof ROSTER_DEFAULTS;
  readonly #rosters = new Map<string, Roster>();
  /** By viewer and track. */
  #told = new Map<string, Told>();

  constructor(options: Partial<typeof ROSTER_DEFAULTS> = {}) {
    this.#options = { ...ROSTER_DEFAULTS, ...options };
  }

  /** A viewer's socket is another one now, or gone: it knows nothing. */
  forget(peerId: PeerId, tracks: readonly TrackId[]): void {
    for (const track of tracks) this.#told.delete(`${track} ${peerId}`);
  }

  /**
   * Looks at everybody.
   *
   * @returns what has to be told, to members as changes of the list they have
   */
  review(viewers: Iterable<RosterViewer>, nowMs: number): RosterNotice[] {
    const clusters = this.#clusters([...viewers]);
    for (const key of [...this.#rosters.keys()]) if (!clusters.has(key)) this.#rosters.delete(key);
    const notices: RosterNotice[] = [];
    const told = new Map<string, Told>();
    for (const [key, { trackId, viewers: members }] of clusters) {
      const { roster, change } = this.#renew(key, trackId, members, nowMs);
      for (const { peerId } of members) {
        const place = `${trackId} ${peerId}`;
        const before = this.#told.get(place);
        const now = { roster, epoch: roster.members.has(peerId) ? roster.epoch : 0 };
        told.set(place, now);
        this.#told.delete(place);
        if (before?.roster === roster && before.epoch === now.epoch) continue;
        const update = before?.roster === roster && change?.from === before.epoch && now.epoch !== 0 ? change : null;
        notices.push({ to: peerId, update: update ?? wholeOf(roster, now.epoch !== 0) });
      }
    }
    // Whoever is left was told of a roster that is its own no longer.
    for (const [place, { roster }] of this.#told) {
      const { trackId } = roster;
      const to = place.slice(trackId.length + 1) as PeerId;
      notices.push({ to, update: { trackId, epoch: 0, from: 0, viewers: 0, add: [], gone: [] } });
    }
    this.#told = told;
    return notices;
  }

  #clusters(viewers: readonly RosterViewer[]): Map<string, { trackId: TrackId; viewers: RosterViewer[] }> {
    const groups = new Map<string, { trackId: TrackId; viewers: RosterViewer[] }>();
    const enter = (key: string, trackId: TrackId, some: readonly RosterViewer[]): void => {
      const group = groups.get(key);
      if (group) for (const viewer of some) group.viewers.push(viewer);
      else groups.set(key, { trackId, viewers: [...some] });
    };
    for (const viewer of viewers) {
      for (const track of new Set(viewer.tracks)) enter(`${track} ${viewer.isp}`, track, [viewer]);
    }
    for (const [key, { trackId, viewers: some }] of [...groups]) {
      if (some.length >= this.#least(key)) continue;
      groups.delete(key);
      enter(`${trackId}`, trackId, some);
    }
    for (const [key, { viewers: some }] of groups) if (some.length < this.#least(key)) groups.delete(key);
    return groups;
  }

  #least(key: string): number {
    const { clusterViewers, stays } = this.#options;
    return this.#rosters.has(key) ? clusterViewers * stays : clusterViewers;
  }

  /** Renews a cluster's list where it is time. */
  #renew(
    key: string,
    trackId: TrackId,
    viewers: readonly RosterViewer[],
    nowMs: number,
  ): { readonly roster: Roster; readonly change: RosterUpdate | null } {
    let roster = this.#rosters.get(key);
    if (!roster) {
      const members = this.#choose(viewers, new Map(), nowMs);
      roster = { trackId, epoch: 1, changedMs: nowMs, viewers: viewers.length, members };
      this.#rosters.set(key, roster);
      return { roster, change: null };
    }
    const present = new Set(viewers.map(({ peerId }) => peerId));
    const left = [...roster.members.keys()].filter((peerId) => !present.has(peerId)).length;
    const isUrgent = left > roster.members.size / 4 || viewers.length >= GROWTH * roster.viewers;
    if (!isUrgent && nowMs - roster.changedMs < this.#options.changeMs) return { roster, change: null };
    const members = this.#choose(viewers, roster.members, nowMs);
    const add: RosterMember[] = [];
    for (const [peerId, weight] of members) {
      if (roster.members.get(peerId) !== weight) add.push([peerId, weight]);
    }
    const gone = [...roster.members.keys()].filter((peerId) => !members.has(peerId));
    roster.changedMs = nowMs;
    if (add.length === 0 && gone.length === 0 && viewers.length < GROWTH * roster.viewers)
      return { roster, change: null };
    const from = roster.epoch;
    roster.epoch++;
    roster.members = members;
    roster.viewers = viewers.length;
    return { roster, change: { trackId, epoch: roster.epoch, from, viewers: viewers.length, add, gone } };
  }

  #choose(
    viewers: readonly RosterViewer[],
    before: ReadonlyMap<PeerId, number>,
    nowMs: number,
  ): ReadonlyMap<PeerId, number> {
    const { viewersPerMember, leastMembers, newcomerMs } = this.#options;
    const count = Math.min(MAX_ROSTER, Math.max(leastMembers, Math.ceil(viewers.length / viewersPerMember)));
    const scored = viewers
      .filter(({ uploads }) => uploads)
      .map(({ peerId, uplinkBps, joinedMs }) => {
        const weight = weightOf(uplinkBps);
        const stays = nowMs - joinedMs < newcomerMs ? NEWCOMER_FACTOR : 1;
        return { peerId, weight, score: weight * stays * (before.has(peerId) ? MEMBER_FACTOR : 1) };
      })
      .sort((a, b) => b.score - a.score || (a.peerId < b.peerId ? -1 : 1));
    const chosen = new Map<PeerId, number>();
    for (const { peerId, weight } of scored.slice(0, count)) {
      const known = before.get(peerId);
      const isNear = known !== undefined && Math.abs(known - weight) <= WEIGHT_CHANGE * known;
      chosen.set(peerId, isNear ? known : weight);
    }
    return chosen;
  }
}

function wholeOf({ trackId, epoch, viewers, members }: Roster, isMember: boolean): RosterUpdate {
  return { trackId, epoch, from: 0, viewers, add: isMember ? [...members] : [], gone: [] };
}

function weightOf(uplinkBps: number): number {
  return uplinkBps > 0 ? Math.min(MOST_WEIGHT, uplinkUnits(uplinkBps)) : UNKNOWN_WEIGHT;
}
