import type { PeerId, TrackId } from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { Elector, Electorate } from "./election.ts";
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
  readonly #nearby = new Map<TrackId, readonly Elector[]>();
  #neighbours: readonly Neighbour[] = [];

  constructor(rim: ElectoratesRim, failedMs: () => number) {
    this.#rim = rim;
    this.#failedMs = failedMs;
  }

  /** The tracker's roster, or ourselves and our neighbours on the track. The same object until it changes. */
  of(trackId: TrackId): Electorate {
    const named = this.#rim.rosters.of(trackId);
    if (named) return named;
    this.#look();
    const known = this.#local.get(trackId) ?? this.#elect(trackId);
    this.#local.set(trackId, known);
    return known;
  }

  /** Ourselves and our neighbours of our own ISP on the track, as far as they send to others. The same list until it changes. */
  nearby(trackId: TrackId): readonly Elector[] {
    this.#look();
    const known = this.#nearby.get(trackId) ?? this.#around(trackId, ({ sameIsp }) => sameIsp, this.#rim.uploads());
    this.#nearby.set(trackId, known);
    return known;
  }

  /** What a neighbour plays, sends or fails at changed, or we did. */
  changed(): void {
    this.#local.clear();
    this.#nearby.clear();
  }

  #look(): void {
    const neighbours = this.#rim.neighbours();
    if (this.#neighbours === neighbours) return;
    this.#neighbours = neighbours;
    this.changed();
  }

  #elect(trackId: TrackId): Electorate {
    const { clock, uploads } = this.#rim;
    const fails = (failedMs: number): boolean => clock.now() - failedMs <= NO_FETCHER_MS;
    const takesPart = uploads() && !fails(this.#failedMs());
    const electors = this.#around(trackId, ({ fetchFailedMs }) => !fails(fetchFailedMs), takesPart);
    return { named: false, electors, viewers: electors.length };
  }

  #around(trackId: TrackId, counts: (neighbour: Neighbour) => boolean, takesPart: boolean): readonly Elector[] {
    const electors: Elector[] = this.#neighbours
      .filter((neighbour) => neighbour.uploads && neighbour.tracks.has(trackId) && counts(neighbour))
      .map(({ peerId, weight }) => ({ peerId, weight }));
    if (takesPart) electors.push({ peerId: this.#rim.self, weight: this.#rim.weight() });
    return electors;
  }
}
