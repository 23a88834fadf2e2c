import { mix32, type PeerId, type SegmentId } from "@shoal/protocol";

/** At most this many viewers of one cluster (a track in an ISP group) are given a segment's seal by the tracker. */
export const MOST_HOLDERS = 4;
/** And of a track at least so many, in whatever clusters they are: one that goes is not missed. */
const LEAST_HOLDERS = 4;
/** One for so many viewers of a cluster: peers carry seals on, and what holders are sent is most of what seals cost. */
const VIEWERS_PER_HOLDER = 100;

/**
 * How many viewers of a cluster are given a seal.
 *
 * @param viewers of the cluster
 * @param clusters of the track
 */
export function holdersOf(viewers: number, clusters: number): number {
  const least = Math.ceil(LEAST_HOLDERS / Math.max(1, clusters));
  return Math.min(MOST_HOLDERS, Math.max(least, Math.ceil(viewers / VIEWERS_PER_HOLDER)));
}

/** A viewer that may be given a seal. */
export interface Holder {
  readonly peerId: PeerId;
  readonly isp: string;
}

/**
 * Whom of a track's viewers to give a segment's seal: as many per ISP group as it is to have, less those who have it.
 * First those that asked (they saw the segment first and are about to hold it), then by a rendezvous of segment
 * and peer, so that no viewer carries the seals of a whole stream alone.
 *
 * @param viewers the viewers of the track
 * @param most how many of an ISP group are to have it
 * @param has true for a viewer that was given this seal before
 * @param asked true for a viewer that announced the segment
 */
export function sealHolders(
  segmentId: SegmentId,
  viewers: Iterable<Holder>,
  most: (isp: string) => number,
  has: (peerId: PeerId) => boolean,
  asked: (peerId: PeerId) => boolean,
): PeerId[] {
  const clusters = new Map<string, { best: [score: number, peerId: PeerId][]; held: number }>();
  for (const { peerId, isp } of viewers) {
    let cluster = clusters.get(isp);
    if (!cluster) {
      cluster = { best: [], held: 0 };
      clusters.set(isp, cluster);
    }
    if (has(peerId)) cluster.held++;
    else insert(cluster.best, [scoreOf(segmentId, peerId) + (asked(peerId) ? 2 ** 32 : 0), peerId]);
  }
  const chosen: PeerId[] = [];
  for (const [isp, { best, held }] of clusters) {
    for (const [, peerId] of best.slice(0, Math.max(0, most(isp) - held))) chosen.push(peerId);
  }
  return chosen;
}

function insert(best: [number, PeerId][], item: [number, PeerId]): void {
  const at = best.findIndex(([score]) => score < item[0]);
  if (at >= 0) best.splice(at, 0, item);
  else if (best.length < MOST_HOLDERS) best.push(item);
  if (best.length > MOST_HOLDERS) best.pop();
}

const scoreOf = (segmentId: SegmentId, peerId: PeerId): number =>
  mix32(Number.parseInt(segmentId.slice(8), 16), Number.parseInt(peerId.slice(0, 8), 16));
