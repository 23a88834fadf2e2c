import type { Segment, SegmentNames, TrackTimeline } from "@shoal/core";
import { type ByteRange, NO_SEGMENT, type SegmentId, type TrackId } from "@shoal/protocol/names";
import type { Fragment, LevelDetails } from "hls.js";
import { furtherSegments } from "./fresh-playlist.ts";

interface List {
  readonly trackId: TrackId;
  readonly details: LevelDetails;
  readonly timeline: TrackTimeline;
  /** As hls.js read them. */
  readonly segments: readonly Segment[];
  /** Behind those, from a look at the playlist between hls.js' own. */
  readonly further: readonly Segment[];
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
    const further = followers(segments, this.#lists.get(playlist)?.further ?? []);
    for (const { id } of further) fragments.set(id, newest);
    const timeline: TrackTimeline = {
      trackId,
      continues: before === trackId ? null : before,
      live: details.live,
      targetDurationMs: details.targetduration * 1000,
      // Renditions that share an init segment are one track of several playlists, each with numbers of its own.
      firstNumber: others.length > 0 ? null : details.startSN,
      segments: [...joined(others.map(([, list]) => list.segments)), ...segments, ...further],
    };
    this.#lists.delete(playlist);
    this.#lists.set(playlist, { trackId, details, timeline, segments, further, fragments });
    return timeline;
  }

  /** The playlist of a track that was read last; null where none can be read between hls.js' own reloads. */
  readable(trackId: TrackId): LevelDetails | null {
    const list = this.#newestOf(trackId);
    return list?.details.live && !list.details.canBlockReload ? list.details : null;
  }

  /**
   * Takes the text of a playlist that was read between hls.js' own reloads.
   *
   * @returns the timeline with what follows in it; null where nothing new does
   */
  extend(trackId: TrackId, text: string): TrackTimeline | null {
    const list = this.#newestOf(trackId);
    const newest = list?.details.fragments[list.details.fragments.length - 1];
    const last = list?.segments[list.segments.length - 1];
    if (!list || !newest || !last) return null;
    const { details } = list;
    let previous = last;
    const further = furtherSegments(text, details.url, details.endSN, last.range ? last.range.last + 1 : null).map(
      ({ url, range, durationMs }) => {
        const startMs = previous.startMs + previous.durationMs;
        const id = this.#names.idOf(url, range);
        previous = { id, trackId, previousId: previous.id, url, range, startMs, durationMs };
        return previous;
      },
    );
    if (further.length <= list.further.length) return null;
    const playlist = this.#names.idOf(details.url, null);
    const fragments = new Map(list.fragments);
    for (const { id } of further) fragments.set(id, newest);
    const known = list.timeline.segments.slice(0, list.timeline.segments.length - list.further.length);
    const timeline = { ...list.timeline, segments: [...known, ...further] };
    this.#lists.set(playlist, { ...list, timeline, further, fragments });
    return timeline;
  }

  #newestOf(trackId: TrackId): List | null {
    let newest: List | null = null;
    for (const list of this.#lists.values()) if (list.trackId === trackId) newest = list;
    return newest;
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

/** What of some further segments still follows the listed ones: hls.js may have been given an older playlist than we saw. */
function followers(segments: readonly Segment[], further: readonly Segment[]): readonly Segment[] {
  const newest = segments[segments.length - 1];
  const at = further.findIndex(({ previousId }) => previousId === newest?.id);
  return at < 0 ? [] : further.slice(at);
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

function joined(lists: readonly (readonly Segment[])[]): Segment[] {
  const all: Segment[] = [];
  for (const list of lists) all.push(...list);
  return all;
}
