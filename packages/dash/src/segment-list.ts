import type { ByteRange } from "@shoal/protocol/names";
import type { DashSegment, Representation, SegmentElement, SegmentsController, StreamParts } from "./dash-types.ts";
import { fillTemplate } from "./url-template.ts";

/** One media segment that exists now. */
export interface ListedSegment {
  /** As the MPD says it: relative to the BaseURL, or absolute. */
  readonly media: string;
  readonly range: ByteRange | null;
  /** On the presentation's timeline, seconds. */
  readonly startS: number;
  readonly durationS: number;
}

/** The segments of a rendition, oldest first. */
export interface Listing {
  readonly segments: readonly ListedSegment[];
  /** When the next one will be complete, on dash.js' clock that follows UTCTiming; null where only a new MPD tells. */
  readonly nextMs: number | null;
}

/** Of a live window at most so many of the newest; a template without a bound has all since the stream began. */
const MOST_LIVE = 900;
const MOST_ON_DEMAND = 8_000;
/** A clock that is behind by some segments still finds the newest. */
const MOST_MISSING = 4;
const NOTHING: Listing = { segments: [], nextMs: null };

/** Lists what dash.js would request of a representation, by its own reckoning; only segments that are complete. */
export function listSegments(representation: Representation, parts: StreamParts): Listing {
  const { segments, segmentInfoType, availabilityTimeComplete } = representation;
  const isLive = isDynamic(representation);
  const nowMs = parts.timelineConverter.getClientReferenceTime();
  const element = elementOf(representation);
  let listing: Listing;
  if (segments) listing = { segments: segments.map(read), nextMs: null };
  else if (element?.SegmentTimeline) listing = { segments: fromTimeline(representation, element, nowMs), nextMs: null };
  else if (segmentInfoType === "SegmentTemplate" && isLive) listing = fromLiveTemplate(representation, parts, nowMs);
  else if (segmentInfoType === "SegmentTemplate") listing = fromIndices(representation, parts.segmentsController, 0);
  else if (segmentInfoType === "SegmentList") {
    listing = fromIndices(representation, parts.segmentsController, Math.max(0, representation.startNumber - 1));
  } else listing = NOTHING;
  if (!isLive || availabilityTimeComplete) return listing;
  return { ...listing, segments: listing.segments.filter((segment) => endMs(representation, segment) <= nowMs) };
}

/** True while the presentation may grow. */
export function isDynamic({ adaptation }: Representation): boolean {
  return adaptation.period.mpd.manifest.type === "dynamic";
}

/** When a segment of a live presentation is complete, milliseconds since 1970. */
export function endMs(
  { adaptation }: Representation,
  { startS, durationS }: Pick<ListedSegment, "startS" | "durationS">,
): number {
  return (adaptation.period.mpd.availabilityStartTime?.getTime() ?? 0) + (startS + durationS) * 1000;
}

/** Reads `first-last`; null for anything else. */
export function readRange(text: string | null | undefined): ByteRange | null {
  const match = /^(\d+)-(\d+)$/.exec(text ?? "");
  if (!match) return null;
  const range = { first: Number(match[1]), last: Number(match[2]) };
  return range.last >= range.first ? range : null;
}

function elementOf({ adaptation, index }: Representation): SegmentElement | undefined {
  const { manifest } = adaptation.period.mpd;
  const raw = manifest.Period[adaptation.period.index]?.AdaptationSet[adaptation.index]?.Representation[index];
  return raw?.SegmentTemplate ?? raw?.SegmentList;
}

function read({ media, mediaRange, presentationStartTime, duration }: DashSegment): ListedSegment {
  return { media: media ?? "", range: readRange(mediaRange), startS: presentationStartTime, durationS: duration };
}

function fromIndices(representation: Representation, controller: SegmentsController, first: number): Listing {
  const segments: ListedSegment[] = [];
  for (let index = first; segments.length < MOST_ON_DEMAND; index++) {
    const segment = controller.getSegmentByIndex(representation, index);
    if (!segment || segment.isPartialSegment) break;
    segments.push(read(segment));
  }
  return { segments, nextMs: null };
}

/** Segments of a template appear by the clock alone: from the newest backwards as far as dash.js would go. */
function fromLiveTemplate(representation: Representation, { segmentsController }: StreamParts, nowMs: number): Listing {
  const { segmentDuration, adaptation, mediaFinishedInformation, availabilityTimeComplete } = representation;
  if (!(segmentDuration > 0)) return NOTHING;
  const early = representation.availabilityTimeOffset;
  const earlyMs = early === "INF" || !availabilityTimeComplete ? 0 : early * 1000;
  const start = { startS: adaptation.period.start, durationS: 0 };
  const inPeriodS = (nowMs + earlyMs - endMs(representation, start)) / 1000;
  const last = (mediaFinishedInformation?.numberOfSegments ?? Number.POSITIVE_INFINITY) - 1;
  let index = Math.min(Math.floor(inPeriodS / segmentDuration), Number.isFinite(last) ? last : Number.MAX_SAFE_INTEGER);
  const found: ListedSegment[] = [];
  let newest = -1;
  for (let missing = 0; index >= 0 && found.length < MOST_LIVE; index--) {
    const segment = segmentsController.getSegmentByIndex(representation, index);
    if (segment?.isPartialSegment) return NOTHING;
    if (segment) {
      if (newest < 0) newest = index;
      found.push(read(segment));
    } else if (found.length > 0 || ++missing > MOST_MISSING) break;
  }
  const next = newest < 0 ? Math.max(0, Math.floor(inPeriodS / segmentDuration)) : newest + 1;
  if (Number.isFinite(last) && next > last) return { segments: found.reverse(), nextMs: null };
  const due = { startS: start.startS + next * segmentDuration, durationS: segmentDuration };
  return { segments: found.reverse(), nextMs: endMs(representation, due) - earlyMs };
}

/** dash.js searches a SegmentTimeline anew for each segment; a window of hours would take it seconds. */
function fromTimeline(
  representation: Representation,
  { media = "", SegmentTimeline, SegmentURL }: SegmentElement,
  nowMs: number,
): readonly ListedSegment[] {
  const { timescale, presentationTimeOffset, startNumber, id, bandwidth, adaptation } = representation;
  const entries = SegmentTimeline?.S ?? [];
  const periodS = adaptation.period.start;
  const found: ListedSegment[] = [];
  let time = 0;
  for (const [at, { t, d, r = 0 }] of entries.entries()) {
    if (t !== undefined) time = t;
    if (!(d > 0)) continue;
    const startS = (): number => periodS + time / timescale - presentationTimeOffset;
    const nextT = entries[at + 1]?.t;
    const open = r < 0 ? openEndS(representation, nowMs) - startS() : 0;
    const repeats = r >= 0 ? r : nextT === undefined ? Math.floor((open * timescale) / d) - 1 : (nextT - time) / d - 1;
    for (let repeat = 0; repeat <= repeats && found.length < MOST_ON_DEMAND; repeat++) {
      const listed = SegmentURL?.[found.length];
      const template = SegmentURL ? (listed?.media ?? "") : media;
      const values = { id, bandwidth, time, number: startNumber + found.length };
      found.push({
        media: fillTemplate(template, values),
        range: readRange(listed?.mediaRange),
        startS: startS(),
        durationS: d / timescale,
      });
      time += d;
    }
  }
  return isDynamic(representation) ? found.slice(-MOST_LIVE) : found;
}

/** Where an entry that repeats without end stops for now, seconds on the presentation's timeline. */
function openEndS(representation: Representation, nowMs: number): number {
  const { start, duration } = representation.adaptation.period;
  const endS = Number.isFinite(duration) ? start + duration : Number.POSITIVE_INFINITY;
  if (!isDynamic(representation)) return endS;
  return Math.min(endS, (nowMs - endMs(representation, { startS: 0, durationS: 0 })) / 1000);
}
