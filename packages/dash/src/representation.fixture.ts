import type { DashSegment, Manifest, Representation, SegmentElement, StreamParts } from "./dash-types.ts";

/** When the presentations of these tests began, milliseconds since 1970. */
export const BEGAN_MS = 1_700_000_000_000;

/** A representation of one period with the given addressing, as dash.js describes it. */
export function representationOf(
  element: { readonly SegmentTemplate?: SegmentElement; readonly SegmentList?: SegmentElement },
  changes: Partial<Representation> & { readonly type?: "static" | "dynamic" } = {},
): Representation {
  const { type = "static", ...rest } = changes;
  const manifest: Manifest = {
    url: "https://cdn.example/live/main.mpd",
    type,
    Period: [{ AdaptationSet: [{ Representation: [element] }] }],
  };
  const mpd = { manifest, availabilityStartTime: new Date(BEGAN_MS) };
  return {
    id: "v",
    index: 0,
    path: [0, 0, 0],
    bandwidth: 1_000,
    timescale: 1,
    startNumber: 1,
    presentationTimeOffset: 0,
    segmentDuration: 4,
    segmentInfoType: element.SegmentList ? "SegmentList" : "SegmentTemplate",
    initialization: "init.mp4",
    range: null,
    segments: null,
    availabilityTimeComplete: true,
    availabilityTimeOffset: 0,
    adaptation: { index: 0, period: { id: "p", index: 0, start: 0, duration: Number.NaN, mpd } },
    ...rest,
  };
}

/** What dash.js knows of a template's segments of 4 s, with a window of 20 s. */
export function partsAt(nowS: number): StreamParts {
  const segment = (index: number): DashSegment => ({
    index,
    media: `s${index}.m4s`,
    presentationStartTime: index * 4,
    duration: 4,
  });
  const isThere = (index: number): boolean => (index + 1) * 4 <= nowS && (index + 1) * 4 > nowS - 20;
  return {
    type: "video",
    segmentsController: { getSegmentByIndex: (_, index) => (isThere(index) ? segment(index) : null) },
    timelineConverter: { getClientReferenceTime: () => BEGAN_MS + nowS * 1000 },
    baseURLController: { resolve: () => ({ url: "https://cdn.example/live/" }) },
  };
}
