import type { PeerId, RosterUpdate, TrackId } from "@shoal/protocol";
import type { Elector, Electorate } from "./election.ts";

interface Known {
  readonly epoch: number;
  readonly members: ReadonlyMap<PeerId, Elector>;
  readonly electorate: Electorate;
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
    for (const [peerId, weight] of add) members.set(peerId, { peerId, weight });
    const electorate: Electorate = { named: true, electors: [...members.values()], viewers };
    this.#known.set(trackId, { epoch, members, electorate });
  }

  /**
   * Null where the tracker has named nobody; a viewer that is no member knows only that there are some. The same object
   * until it changes.
   */
  of(trackId: TrackId): Electorate | null {
    return this.#known.get(trackId)?.electorate ?? null;
  }

  /** The tracker tells everything anew. */
  clear(): void {
    this.#known.clear();
  }
}
