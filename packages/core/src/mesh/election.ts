import { mix32, type PeerId, type SegmentId } from "@shoal/protocol";

/** A viewer that may be elected. */
export interface Elector {
  readonly peerId: PeerId;
  /** Its share of the work against the others': its uplink in units of 100 kbit/s. */
  readonly weight: number;
}

/** Those among whom fetchers are elected, the viewer itself included where it may be. */
export interface Electorate {
  /** True where the tracker names them: then all of a cluster elect alike. */
  readonly named: boolean;
  readonly electors: readonly Elector[];
  /** Viewers that wait for what is fetched. */
  readonly viewers: number;
}

/** A faster uplink counts as this one. What nobody has measured does, too: it will be, once it is elected. */
export const MOST_WEIGHT = 100;
/** A segment of fewer pieces is fetched whole, by one. */
const LEAST_SPLIT_PIECES = 8;
/** One fetcher for so many viewers, and never more than so many in all. */
const VIEWERS_PER_FETCHER = 5;
const MOST_FETCHERS = 32;

/**
 * The rendezvous score of a viewer for a stripe of a segment: whoever computes it gets the same number, it is spread
 * evenly over viewers from one stripe to the next, and a viewer of twice the weight wins four times as often: what a slow
 * uplink fetches comes late to all.
 */
export function electionScore(segment: SegmentId, stripe: number, { peerId, weight }: Elector): number {
  return -(weight * weight) / Math.log((rendezvous(segment, stripe, peerId) + 0.5) / 2 ** 32);
}

/** How many come before `self` as fetcher of a stripe: 0 is the primary, 1 the first backup; -1 for no elector. */
export function electionRank(segment: SegmentId, stripe: number, self: PeerId, electors: readonly Elector[]): number {
  const elector = electors.find(({ peerId }) => peerId === self);
  if (!elector) return -1;
  const own = electionScore(segment, stripe, elector);
  let rank = 0;
  for (const other of electors) {
    const score = electionScore(segment, stripe, other);
    if (score > own || (score === own && other.peerId > self)) rank++;
  }
  return rank;
}

/** {@link electionRank} of one viewer, remembered while the electors are the same list: it is asked at each plan. */
export class Ranks {
  readonly #known = new WeakMap<object, { readonly electors: readonly Elector[]; readonly ranks: number[] }>();

  of(copy: { readonly id: SegmentId }, stripe: number, self: PeerId, electors: readonly Elector[]): number {
    let known = this.#known.get(copy);
    if (known?.electors !== electors) {
      known = { electors, ranks: [] };
      this.#known.set(copy, known);
    }
    const rank = known.ranks[stripe] ?? electionRank(copy.id, stripe, self, electors);
    known.ranks[stripe] = rank;
    return rank;
  }
}

/** Pieces that one fetcher takes together: the first copy for many viewers is split over many uplinks. */
export function stripePieces(pieces: number, viewers: number): number {
  return pieces < LEAST_SPLIT_PIECES ? pieces : Math.ceil(pieces / fetchersFor(viewers));
}

/** Among how many fetchers a segment of many pieces is split. */
export function fetchersFor(viewers: number): number {
  return Math.max(1, Math.min(MOST_FETCHERS, Math.round(viewers / VIEWERS_PER_FETCHER)));
}

/**
 * When, within a span, a viewer should do what one of many must do and all hear of: few are early and most are late, so
 * that whoever is first is heard before the next begins.
 *
 * @param viewers how many may do it
 * @returns a share of the span, 0 to 1
 */
export function suppressedDelay(segment: SegmentId, stripe: number, peerId: PeerId, viewers: number): number {
  const draw = rendezvous(segment, stripe ^ 0x55aa, peerId) / 2 ** 32;
  const steepness = Math.log(Math.max(1, viewers)) + 1;
  return Math.log(draw * (Math.exp(steepness) - 1) + 1) / steepness;
}

/** A number from 0 to 1 of a viewer's own for each segment, evenly spread. */
export function electionShare(segment: SegmentId, peerId: PeerId): number {
  return rendezvous(segment, 0x5a5a, peerId) / 2 ** 32;
}

function rendezvous(segment: SegmentId, stripe: number, peer: PeerId): number {
  const a = mix32(Number.parseInt(segment.slice(0, 8), 16), Number.parseInt(peer.slice(0, 8), 16));
  const b = mix32(Number.parseInt(segment.slice(8, 16), 16) + stripe, Number.parseInt(peer.slice(8, 16), 16));
  return mix32(a, b);
}
