import { NO_SEGMENT, type SegmentId } from "@shoal/protocol";
import type { ListedSegment, MediaPlaylist } from "./playlist.ts";

/** A segment that a playlist lists for the first time, and the one before it. */
export interface Arrival {
  readonly segment: ListedSegment;
  readonly previousId: SegmentId;
}

/** What a reload of a playlist brought. */
export interface WindowChange {
  /** True where the playlist went back: whatever was known of its segments may be of another recording. */
  readonly restarted: boolean;
  /** Listed now and not before, oldest first; after a restart all that are listed. */
  readonly added: readonly Arrival[];
  /** Listed before and no more; after a restart all that were. */
  readonly gone: readonly SegmentId[];
}

/**
 * Compares a playlist with its last version. It went back where its media sequence or discontinuity sequence is smaller,
 * or where a sequence number that both list belongs to something else. A name that comes round again under a later
 * number has gone and is added: its file was read for its old content, and is read again.
 */
export function compareWindows(before: MediaPlaylist | null, after: MediaPlaylist): WindowChange {
  const restarted = before !== null && wentBack(before, after);
  const old = before?.segments ?? [];
  const known = restarted ? [] : old;
  const places = new Set(known.map(placeOf));
  const listed = new Set<SegmentId>();
  const added: Arrival[] = [];
  for (const [at, segment] of after.segments.entries()) {
    if (listed.has(segment.segmentId)) continue; // A playlist that lists an id twice: the first counts.
    listed.add(segment.segmentId);
    if (places.has(placeOf(segment))) continue;
    const previous = at > 0 ? after.segments[at - 1] : known.find((other) => other.sequence === segment.sequence - 1);
    added.push({ segment, previousId: previous?.segmentId ?? NO_SEGMENT });
  }
  const again = new Set(added.map((arrival) => arrival.segment.segmentId));
  const ids = [...new Set(old.map((segment) => segment.segmentId))];
  return { restarted, added, gone: restarted ? ids : ids.filter((id) => !listed.has(id) || again.has(id)) };
}

const placeOf = (segment: ListedSegment): string => `${segment.segmentId}@${segment.sequence}`;

function wentBack(before: MediaPlaylist, after: MediaPlaylist): boolean {
  if (after.mediaSequence < before.mediaSequence) return true;
  if (after.discontinuitySequence < before.discontinuitySequence) return true;
  const bySequence = new Map(before.segments.map((segment) => [segment.sequence, segment]));
  return after.segments.some((segment) => {
    const same = bySequence.get(segment.sequence);
    return same !== undefined && (same.segmentId !== segment.segmentId || same.timeline !== segment.timeline);
  });
}
