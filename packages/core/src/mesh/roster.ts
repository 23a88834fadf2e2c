import type { PeerId, RosterUpdate, TrackId } from "@shoal/protocol";
import type { Elector, Electorate } from "./election.ts";

interface Known {
  readonly epoch: number;
  readonly viewers: number;
  readonly members: ReadonlyMap<PeerId, Elector>;
}

/** Who fetches for our cluster, track by track, as the tracker says. */
export class Rosters {
  readonly #known = new Map<TrackId, Known>();

  /** Takes what the tracker says. A change of a list that we do not have leaves us without one: we elect among neighbours. */
  update({ trackId, epoch, from, viewers, add, gone }: RosterUpdate): void {
    const before = this.#known.get(trackId);
    this.#known.delete(trackId);
    if (viewers === 0 || (from !== 0 && before?.epoch !== from)) return;
    const members = new Map(from === 0 ? [] : before?.members);
    for (const peerId of gone) members.delete(peerId);
    for (const member of add) members.set(member.peerId, member);
    this.#known.set(trackId, { epoch, viewers, members });
  }

  /** Null where the tracker has named nobody. A viewer that is no member knows only that there are some. */
  of(trackId: TrackId): Electorate | null {
    const known = this.#known.get(trackId);
    return known ? { named: true, electors: [...known.members.values()], viewers: known.viewers } : null;
  }

  epoch(trackId: TrackId): number {
    return this.#known.get(trackId)?.epoch ?? 0;
  }

  /** The tracker is gone, or tells everything anew. */
  clear(): void {
    this.#known.clear();
  }
}
