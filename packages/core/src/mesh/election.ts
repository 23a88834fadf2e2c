import { mix32, type PeerId, type SegmentId } from "@shoal/protocol";

/**
 * The rendezvous score of a viewer for a segment: whoever computes it gets the same number, and it is spread evenly
 * over viewers from one segment to the next. The highest fetches from the CDN.
 */
export function electionScore(segment: SegmentId, peer: PeerId): number {
  const a = mix32(Number.parseInt(segment.slice(0, 8), 16), Number.parseInt(peer.slice(0, 8), 16));
  const b = mix32(Number.parseInt(segment.slice(8, 16), 16), Number.parseInt(peer.slice(8, 16), 16));
  return mix32(a, b);
}

/** How many of `others` come before `self` as fetcher of a segment: 0 is the primary, 1 the first backup. */
export function electionRank(segment: SegmentId, self: PeerId, others: Iterable<PeerId>): number {
  const own = electionScore(segment, self);
  let rank = 0;
  for (const other of others) {
    const score = electionScore(segment, other);
    if (score > own || (score === own && other > self)) rank++;
  }
  return rank;
}
