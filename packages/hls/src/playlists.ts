import type { Segment, TrackTimeline } from "@shoal/core";
import { type ByteRange, NO_SEGMENT, type SegmentId, type TrackId } from "@shoal/protocol/names";
import type { Fragment, LevelDetails } from "hls.js";
import type { SegmentNames } from "./segment-names.ts";

interface List {
  readonly trackId: TrackId;
  readonly segments: readonly Segment[];
  readonly fragments: ReadonlyMap<SegmentId, Fragment>;
}

/**
 * The media playlists that hls.js read, in the engine's words. Fragments are known by identity: hls.js' level indices
 * change whenever it removes a level or takes another pathway, and a fragment of another player is a stranger here.
 */
export class Playlists {
  readonly #names: SegmentNames;
  readonly #lists = new Map<SegmentId, List>();
  readonly #segments = new WeakMap<Fragment, Segment>();

  constructor(names: SegmentNames) {
    this.#names = names;
  }

  /** Takes a playlist as hls.js read it last; null where it lists nothing. */
  update(details: LevelDetails): TrackTimeline | null {
    const listed = details.fragments.filter(isListed);
    const newest = listed[listed.length - 1];
    const [oldest] = listed;
    if (!newest || !oldest) return null;
    const trackId = this.#trackOf(newest, details.url);
    const before = this.#trackOf(oldest, details.url);
    const fragments = new Map<SegmentId, Fragment>();
    const segments: Segment[] = [];
    for (const [index, fragment] of details.fragments.entries()) {
      if (!isListed(fragment)) continue;
      const segment = this.#read(fragment, details.fragments[index - 1], trackId);
      this.#segments.set(fragment, segment);
      fragments.set(segment.id, fragment);
      segments.push(segment);
    }
    const playlist = this.#names.idOf(details.url, null);
    const others = [...this.#lists].filter(([other, list]) => other !== playlist && list.trackId === trackId);
    this.#lists.set(playlist, { trackId, segments, fragments });
    return {
      trackId,
      continues: before === trackId ? null : before,
      live: details.live,
      targetDurationMs: details.targetduration * 1000,
      // Renditions that share an init segment are one track of several playlists, each with numbers of its own.
      firstNumber: others.length > 0 ? null : details.startSN,
      segments: [...others.flatMap(([, list]) => list.segments), ...segments],
    };
  }

  /** The segment behind a fragment, at the place that hls.js now thinks it has; null where no playlist lists it. */
  segmentOf(fragment: Fragment): Segment | null {
    const segment = this.#segments.get(fragment);
    return segment ? { ...segment, startMs: fragment.start * 1000, durationMs: fragment.duration * 1000 } : null;
  }

  fragmentOf(id: SegmentId): Fragment | null {
    for (const { fragments } of this.#lists.values()) {
      const fragment = fragments.get(id);
      if (fragment) return fragment;
    }
    return null;
  }

  #read(fragment: Fragment, previous: Fragment | null | undefined, trackId: TrackId): Segment {
    const range = rangeOf(fragment);
    return {
      id: this.#names.idOf(fragment.url, range),
      trackId,
      previousId: previous ? this.#names.idOf(previous.url, rangeOf(previous)) : NO_SEGMENT,
      url: fragment.url,
      range,
      startMs: fragment.start * 1000,
      durationMs: fragment.duration * 1000,
    };
  }

  /** The track a fragment belongs to: its init segment, else its media playlist. */
  #trackOf({ initSegment }: Fragment, playlistUrl: string): TrackId {
    const id = initSegment?.url
      ? this.#names.idOf(initSegment.url, rangeOf(initSegment))
      : this.#names.idOf(playlistUrl, null);
    return id as string as TrackId;
  }
}

/** The byte range of a fragment, both ends inclusive, as the playlist says it; hls.js' own end is exclusive. */
export function rangeOf(fragment: Pick<Fragment, "byteRange">): ByteRange | null {
  const [start, end] = fragment.byteRange;
  return start !== undefined && end !== undefined && end > start ? { first: start, last: end - 1 } : null;
}

/** False where a playlist says GAP. hls.js also marks as gaps, for a while, fragments that would not load. */
function isListed(fragment: Fragment | null): boolean {
  return Boolean(fragment && !fragment.tagList.some(([name]) => name === "GAP"));
}
