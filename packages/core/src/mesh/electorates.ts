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

/** What is known of those around on one track. */
interface Around {
  readonly electorate: Electorate;
  readonly nearby: readonly Elector[];
}

/** Whose CDN failed is not elected for this long: where the CDN fails for some, the others fetch. */
const NO_FETCHER_MS = 15_000;

/** Among whom the fetchers of each track are elected. */
export class Electorates {
  readonly #rim: ElectoratesRim;
  /** When our own CDN failed last and has not answered since, on the session's clock. */
  readonly #failedMs: () => number;
  readonly #known = new Map<TrackId, Around>();
  #neighbours: readonly Neighbour[] = [];

  constructor(rim: ElectoratesRim, failedMs: () => number) {
    this.#rim = rim;
    this.#failedMs = failedMs;
  }

  /** The tracker's roster, or ourselves and our neighbours on the track. The same object until it changes. */
  of(trackId: TrackId): Electorate {
    return this.#rim.rosters.of(trackId) ?? this.#around(trackId).electorate;
  }

  /** Ourselves and our neighbours of our own ISP on the track, as far as they send to others. The same list until it changes. */
  nearby(trackId: TrackId): readonly Elector[] {
    return this.#around(trackId).nearby;
  }

  /** What a neighbour plays, sends or fails at changed, or we did. */
  changed(): void {
    this.#known.clear();
  }

  #around(trackId: TrackId): Around {
    const { clock, neighbours, self, uploads, weight } = this.#rim;
    if (this.#neighbours !== neighbours()) {
      this.#neighbours = neighbours();
      this.changed();
    }
    const known = this.#known.get(trackId);
    if (known) return known;
    const electors: Elector[] = [];
    const nearby: Elector[] = [];
    const enter = (elector: Elector, failedMs: number, sameIsp: boolean): void => {
      if (clock.now() - failedMs > NO_FETCHER_MS) electors.push(elector);
      if (sameIsp) nearby.push(elector);
    };
    for (const neighbour of this.#neighbours) {
      if (!neighbour.uploads || !neighbour.tracks.has(trackId)) continue;
      enter({ peerId: neighbour.peerId, weight: neighbour.weight }, neighbour.fetchFailedMs, neighbour.sameIsp);
    }
    if (uploads()) enter({ peerId: self, weight: weight() }, this.#failedMs(), true);
    const around = { electorate: { named: false, electors, viewers: electors.length }, nearby };
    this.#known.set(trackId, around);
    return around;
  }
}
