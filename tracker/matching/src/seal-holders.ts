import { mix32, type PeerId, type SegmentId } from "@shoal/protocol";

/** At most this many viewers of one cluster (a track in an ISP group) are given a segment's seal by the tracker. */
export const HOLDERS_PER_CLUSTER = 4;

/** A viewer that may be given a seal. */
export interface Holder {
  readonly peerId: PeerId;
  readonly isp: string;
}

/**
 * Whom of a track's viewers to give a segment's seal: up to {@link HOLDERS_PER_CLUSTER} per ISP group, less those who
 * have it. First those that asked (they saw the segment first and are about to hold it), then by a rendezvous of segment
 * and peer, so that no viewer carries the seals of a whole stream alone.
 *
 * @param viewers the viewers of the track
 * @param has true for a viewer that was given this seal before
 * @param asked true for a viewer that announced the segment
 */
export function sealHolders(
  segmentId: SegmentId,
  viewers: Iterable<Holder>,
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
  for (const { best, held } of clusters.values()) {
    for (const [, peerId] of best.slice(0, Math.max(0, HOLDERS_PER_CLUSTER - held))) chosen.push(peerId);
  }
  return chosen;
}

function insert(best: [number, PeerId][], item: [number, PeerId]): void {
  const at = best.findIndex(([score]) => score < item[0]);
  if (at >= 0) best.splice(at, 0, item);
  else if (best.length < HOLDERS_PER_CLUSTER) best.push(item);
  if (best.length > HOLDERS_PER_CLUSTER) best.pop();
}

const scoreOf = (segmentId: SegmentId, peerId: PeerId): number =>
  mix32(Number.parseInt(segmentId.slice(8), 16), Number.parseInt(peerId.slice(0, 8), 16));
