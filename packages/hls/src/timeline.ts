import type { Segment, TrackTimeline } from "@shoal/core";
import {
  type ByteRange,
  NO_SEGMENT,
  type SegmentId,
  segmentIdOf,
  segmentName,
  type TrackId,
} from "@shoal/protocol/names";
import type { Fragment, LevelDetails } from "hls.js";

/** How segments get their names. */
export interface Naming {
  /** A path that ends with `/`. */
  readonly mediaBase: string;
  readonly segmentId: ((url: string) => string) | null;
}

/** Ids of what hls.js calls fragments. Remembers them: a playlist is read again and again. */
export class FragmentNames {
  readonly #naming: Naming;
  readonly #known = new Map<string, SegmentId>();

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  idOf(url: string, range: ByteRange | null): SegmentId {
    const key = range ? `${url}#${range.first}-${range.last}` : url;
    const known = this.#known.get(key);
    if (known) return known;
    const { mediaBase, segmentId } = this.#naming;
    const given = segmentId?.(url);
    const name =
      given === undefined
        ? segmentName(url, mediaBase, range ?? undefined)
        : range
          ? `${given}#${range.first}-${range.last}`
          : given;
    if (this.#known.size > 20_000) this.#known.clear();
    const id = segmentIdOf(name);
    this.#known.set(key, id);
    return id;
  }

  /** The track a fragment belongs to: its init segment, else its media playlist. */
  trackOf(fragment: Fragment, playlistUrl: string): TrackId {
    const { initSegment } = fragment;
    const id = initSegment?.url ? this.idOf(initSegment.url, rangeOf(initSegment)) : this.idOf(playlistUrl, null);
    return id as string as TrackId;
  }

  segmentOf(fragment: Fragment, previous: Fragment | undefined, playlistUrl: string): Segment {
    const range = rangeOf(fragment);
    return {
      id: this.idOf(fragment.url, range),
      trackId: this.trackOf(fragment, playlistUrl),
      previousId: previous ? this.idOf(previous.url, rangeOf(previous)) : NO_SEGMENT,
      url: fragment.url,
      range,
      startMs: fragment.start * 1000,
      durationMs: fragment.duration * 1000,
    };
  }

  /** What a media playlist lists, as the engine wants it; null where it lists nothing. */
  timelineOf(details: LevelDetails): TrackTimeline | null {
    const fragments = details.fragments.filter((fragment) => fragment && !fragment.gap);
    const newest = fragments[fragments.length - 1];
    const oldest = fragments[0];
    if (!newest || !oldest) return null;
    const trackId = this.trackOf(newest, details.url);
    const before = this.trackOf(oldest, details.url);
    return {
      trackId,
      continues: before === trackId ? null : before,
      live: details.live,
      targetDurationMs: details.targetduration * 1000,
      firstNumber: details.startSN,
      segments: fragments.map((fragment, at) => ({
        ...this.segmentOf(fragment, fragments[at - 1], details.url),
        trackId,
      })),
    };
  }
}

/** The byte range of a fragment, both ends inclusive, as the playlist says it; hls.js' own end is exclusive. */
export function rangeOf(fragment: Pick<Fragment, "byteRange">): ByteRange | null {
  const [start, end] = fragment.byteRange;
  return start !== undefined && end !== undefined && end > start ? { first: start, last: end - 1 } : null;
}
