import {
  HASH_BYTES,
  type PeerId,
  PIECE_SHIFT,
  type SegmentId,
  SIGNATURE_BYTES,
  segmentIdOf,
  type TrackId,
  toRanges,
  trackIdOf,
} from "@shoal/protocol";
import { Announcement, Copy } from "../mesh/copy.ts";
import type { Electorate } from "../mesh/election.ts";
import type { PlanAction, PlanNeighbour, PlanSegment, PlanView, Spoken } from "../mesh/planner.ts";
import type { Segment } from "../player.ts";

const TRACK = trackIdOf("v/init.mp4");

/** A viewer, or a neighbour, by its number: 0 is the one that plans. */
export function peer(index: number): PeerId {
  return (segmentIdOf(`a${index}`) + segmentIdOf(`b${index}`)) as PeerId;
}

/** Nothing of a segment is here yet. */
export function copyOf(name: string, pieces: number, knownSinceMs: number = 0, sealed: boolean = true): Copy {
  const id = segmentIdOf(name);
  const news = { trackId: TRACK, previousId: id, byteLength: pieces * 65_536, pieceShift: PIECE_SHIFT };
  const copy = new Copy(id, news, segmentOf(id), knownSinceMs);
  const hashes = new Uint8Array(pieces * HASH_BYTES);
  const signature = new Uint8Array(SIGNATURE_BYTES);
  if (sealed) copy.seal = { ...news, segmentId: id, sealedAtMs: 0, hashes, keyId: "0123456789abcdef", signature };
  return copy;
}

const segmentOf = (id: SegmentId): Segment => ({
  id,
  trackId: TRACK,
  previousId: id,
  url: "https://cdn/x.m4s",
  range: null,
  startMs: 0,
  durationMs: 4_000,
});

/** This viewer and some neighbours, all alike. */
export function among(neighbours: readonly PlanNeighbour[], more: Partial<Electorate> = {}): Electorate {
  const electors = [peer(0), ...neighbours.map(({ peerId }) => peerId)].map((peerId) => ({ peerId, weight: 50 }));
  return { named: false, electors, viewers: electors.length, ...more };
}

export function wantedOf(copy: Copy, more: Partial<PlanSegment> = {}): PlanSegment {
  return {
    copy,
    askedMs: 0,
    upcoming: false,
    dryMs: 10_000,
    lostMs: Number.POSITIVE_INFINITY,
    canFetchWhole: true,
    canSplit: true,
    gaveRanges: true,
    electorate: among([]),
    nearby: [],
    fits: true,
    live: true,
    targetDurationMs: 4_000,
    ...more,
  };
}

/** A neighbour and what it said. */
export type Speaker = PlanNeighbour & { readonly announced: (id: SegmentId) => Announcement | undefined };

export function neighbourOf(
  index: number,
  held: Readonly<Record<SegmentId, readonly number[]>> = {},
  more: Partial<Speaker> = {},
): Speaker {
  const announced = new Map<SegmentId, Announcement>();
  for (const [id, pieces] of Object.entries(held) as [SegmentId, readonly number[]][]) {
    const said = new Announcement();
    said.held.add(toRanges(pieces));
    announced.set(id, said);
  }
  return {
    peerId: peer(index),
    uploads: true,
    tracks: new Set<TrackId>([TRACK]),
    uplink: 0,
    rateBps: null,
    outstandingBytes: 0,
    lateness: 0,
    busyUntilMs: 0,
    lastReceivedMs: 0,
    sameIsp: true,
    announced: (id) => announced.get(id),
    ...more,
  };
}

export function viewOf(
  segments: readonly PlanSegment[],
  neighbours: readonly Speaker[],
  more: Partial<PlanView> = {},
): PlanView {
  return {
    nowMs: 0,
    self: peer(0),
    sealing: true,
    sealsStoppedMs: -100_000,
    segments,
    neighbours,
    spoken: (id) => spokenOf(neighbours, id),
    cdnBps: 20_000_000,
    mostAskedBytes: Number.POSITIVE_INFINITY,
    ...more,
  };
}

function spokenOf(neighbours: readonly Speaker[], id: SegmentId): readonly Spoken[] {
  return neighbours.flatMap((neighbour) => {
    const said = neighbour.announced(id);
    return said ? [{ neighbour, said }] : [];
  });
}

export const kinds = (actions: readonly PlanAction[]): string[] => actions.map(({ kind }) => kind);
