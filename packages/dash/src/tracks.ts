import type { Segment, SegmentNames, TrackTimeline } from "@shoal/core";
import { NO_SEGMENT, type SegmentId, type TrackId } from "@shoal/protocol/names";
import type { FragmentRequest, Representation } from "./dash-types.ts";
import { isDynamic, type Listing, listSegments, readRange } from "./segment-list.ts";
import type { Stream } from "./streams.ts";

/** One rendition of one period. */
interface List {
  readonly trackId: TrackId;
  readonly periodStartS: number;
  readonly segments: readonly Segment[];
}

/** What was read of a rendition. */
export interface TrackUpdate {
  readonly timeline: TrackTimeline;
  /** When its next segment will be complete, on the stream's clock; null where only a new MPD tells. */
  readonly nextMs: number | null;
}

/** The renditions that dash.js plays, in the engine's words: one track goes on through periods of one init segment. */
export class Tracks {
  readonly #names: SegmentNames;
  readonly #manifestUrl: string;
  /** By period and representation. */
  readonly #lists = new Map<string, List>();

  /** @param manifestUrl names tracks that have no init segment */
  constructor(names: SegmentNames, manifestUrl: string) {
    this.#names = names;
    this.#manifestUrl = manifestUrl;
  }

  /** Reads what there is of a representation now; null where nothing is. */
  update(stream: Stream, representation: Representation): TrackUpdate | null {
    const { period } = representation.adaptation;
    const trackId = this.trackOf(stream, representation);
    const listing = listSegments(representation, stream);
    const segments = this.#read(stream, representation, trackId, listing);
    this.#forgetPeriodsBefore(period.mpd.manifest.Period[0]?.start ?? 0);
    this.#lists.set(keyOf(representation), { trackId, periodStartS: period.start, segments });
    const all = this.#segmentsOf(
      trackId,
      isDynamic(representation) ? (period.mpd.manifest.timeShiftBufferDepth ?? Infinity) : Infinity,
    );
    if (all.length === 0) return null;
    const timeline: TrackTimeline = {
      trackId,
      continues: null,
      live: isDynamic(representation),
      targetDurationMs: Math.max(...all.map(({ durationMs }) => durationMs)),
      // Numbers and times of an MPD begin anew with each period, and the window depends on the viewer's clock.
      firstNumber: null,
      segments: all,
    };
    return { timeline, nextMs: listing.nextMs };
  }

  /** The segment behind a request; null where it cannot be named. */
  segmentOf({ url, range, startTime, duration, representation }: FragmentRequest, stream: Stream): Segment | null {
    if (!representation) return null;
    const read = readRange(range);
    if (range && !read) return null;
    const id = this.#names.idOf(url, read);
    const trackId = this.trackOf(stream, representation);
    const known = this.#lists.get(keyOf(representation))?.segments.find((segment) => segment.id === id);
    const place = { startMs: startTime * 1000, durationMs: duration * 1000 };
    return { ...(known ?? { id, trackId, previousId: NO_SEGMENT, url, range: read }), ...place };
  }

  /** The track of a representation: its init segment, else its name in the MPD. */
  trackOf(stream: Stream, representation: Representation): TrackId {
    const init = stream.initRequest(representation);
    const id: SegmentId = init?.url
      ? this.#names.idOf(init.url, readRange(init.range))
      : this.#names.idOf(`${this.#manifestUrl}/${representation.id}`, null);
    return id as string as TrackId;
  }

  #read(stream: Stream, representation: Representation, trackId: TrackId, { segments }: Listing): readonly Segment[] {
    const base = stream.baseURLController.resolve(representation.path)?.url ?? this.#manifestUrl;
    const before = this.#lastBefore(trackId, representation.adaptation.period.start);
    let previousId = before?.id ?? NO_SEGMENT;
    return segments.map(({ media, range, startS, durationS }) => {
      const url = media === "" ? base : new URL(media, base).href;
      const id = this.#names.idOf(url, range);
      const segment = { id, trackId, previousId, url, range, startMs: startS * 1000, durationMs: durationS * 1000 };
      previousId = id;
      return segment;
    });
  }

  #lastBefore(trackId: TrackId, periodStartS: number): Segment | undefined {
    const earlier = [...this.#lists.values()]
      .filter((list) => list.trackId === trackId && list.periodStartS < periodStartS)
      .sort((a, b) => b.periodStartS - a.periodStartS)[0];
    return earlier?.segments[earlier.segments.length - 1];
  }

  /** All of a track within a live window, each id once: the newest has it. */
  #segmentsOf(trackId: TrackId, windowS: number): readonly Segment[] {
    const lists = [...this.#lists.values()]
      .filter((list) => list.trackId === trackId)
      .sort((a, b) => a.periodStartS - b.periodStartS);
    const all = lists.reduce<Segment[]>((before, { segments }) => before.concat(segments), []);
    const last = all[all.length - 1];
    if (!last) return all;
    const fromMs = last.startMs - windowS * 1000;
    const newest = new Map(all.map((segment) => [segment.id, segment]));
    return all.filter((segment) => newest.get(segment.id) === segment && segment.startMs + segment.durationMs > fromMs);
  }

  #forgetPeriodsBefore(startS: number): void {
    for (const [key, list] of this.#lists) if (list.periodStartS < startS) this.#lists.delete(key);
  }
}

/** The same in every version of the MPD. */
export function keyOf({ id, adaptation }: Representation): string {
  return `${adaptation.period.id} ${adaptation.index} ${id}`;
}
