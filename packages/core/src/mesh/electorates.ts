import type { PeerId, TrackId } from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { Electorate } from "./election.ts";
import type { Neighbour } from "./neighbour.ts";
import type { Rosters } from "./roster.ts";

/** What electorates are made of. */
export interface ElectoratesRim {
  readonly clock: Clock;
  readonly self: PeerId;
  readonly rosters: Rosters;
  /** The same list until somebody comes or goes. */
  readonly neighbours: () => readonly Neighbour[];
  readonly uploads: () => boolean;
  /** Our own weight in elections. */
  readonly weight: () => number;
}

/** Whose CDN failed is not elected for this long: where the CDN fails for some, the others fetch. */
const NO_FETCHER_MS = 15_000;

/** Among whom the fetchers of each track are elected. */
export class Electorates {
  readonly #rim: ElectoratesRim;
  /** When our own CDN failed last and has not answered since, on the session's clock. */
  readonly #failedMs: () => number;
  readonly #local = new Map<TrackId, Electorate>();
  #neighbours: readonly Neighbour[] = [];

  constructor(rim: ElectoratesRim, failedMs: () => number) {
    this.#rim = rim;
    this.#failedMs = failedMs;
  }

  /** The tracker's roster, or ourselves and our neighbours on the track. The same object until it changes. */
  of(trackId: TrackId): Electorate {
    const { rosters, neighbours } = this.#rim;
    const named = rosters.of(trackId);
    if (named) return named;
    if (this.#neighbours !== neighbours()) {
      this.#neighbours = neighbours();
      this.changed();
    }
    const known = this.#local.get(trackId) ?? this.#elect(trackId);
    this.#local.set(trackId, known);
    return known;
  }

  /** What a neighbour plays, sends or fails at changed, or we did. */
  changed(): void {
    this.#local.clear();
  }

  #elect(trackId: TrackId): Electorate {
    const { clock, self, uploads, weight } = this.#rim;
    const fails = (failedMs: number): boolean => clock.now() - failedMs <= NO_FETCHER_MS;
    const electors = this.#neighbours
      .filter((neighbour) => neighbour.uploads && neighbour.tracks.has(trackId) && !fails(neighbour.fetchFailedMs))
      .map((neighbour) => ({ peerId: neighbour.peerId, weight: neighbour.weight }));
    if (uploads() && !fails(this.#failedMs())) electors.push({ peerId: self, weight: weight() });
    return { named: false, electors, viewers: electors.length };
  }
}
