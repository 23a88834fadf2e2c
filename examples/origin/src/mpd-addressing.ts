import type { SegmentTime } from "./endless.ts";
import type { Rendition } from "./media.ts";
import type { ByteRange } from "./playlists.ts";

/** How an MPD says where the segments of a rendition are: the element that does. */
export type Addressing = (rendition: Rendition, firstNumber: number) => string;

/** SegmentTemplate with `$Number$` and one duration for all. */
export function byNumber(segmentSeconds: number): Addressing {
  return ({ timescale }, firstNumber) =>
    template(
      `timescale="${timescale}" duration="${segmentSeconds * timescale}" startNumber="${firstNumber}" ` +
        `presentationTimeOffset="${firstNumber * segmentSeconds * timescale}" media="$RepresentationID$/seg-$Number$.m4s"`,
      "",
    );
}

/** SegmentTemplate with `$Time$` and a SegmentTimeline. @param timesOf what is listed, in order */
export function byTime(timesOf: (rendition: Rendition) => readonly SegmentTime[]): Addressing {
  return (rendition) => {
    const entries = timesOf(rendition).map(
      ({ startTicks, durationTicks }) => `<S t="${startTicks}" d="${durationTicks}"/>`,
    );
    const attributes = `timescale="${rendition.timescale}" media="$RepresentationID$/time-$Time$.m4s"`;
    return template(attributes, `<SegmentTimeline>${entries.join("")}</SegmentTimeline>`);
  };
}

/** SegmentList: each segment by its name. */
export function byList(segmentSeconds: number, count: number): Addressing {
  return ({ name, timescale }) => {
    const urls = Array.from({ length: count }, (_, number) => `<SegmentURL media="${name}/seg-${number}.m4s"/>`);
    const attributes = `timescale="${timescale}" duration="${segmentSeconds * timescale}"`;
    return `<SegmentList ${attributes}><Initialization sourceURL="${name}/init.mp4"/>${urls.join("")}</SegmentList>`;
  };
}

/** SegmentBase: the file has an index of its own. */
export function byIndex(
  rangesOf: (rendition: Rendition) => { readonly init: ByteRange; readonly index: ByteRange },
): Addressing {
  return (rendition) => {
    const { init, index } = rangesOf(rendition);
    const base = `<BaseURL>${rendition.name}/media.mp4</BaseURL>`;
    return `${base}<SegmentBase indexRange="${text(index)}"><Initialization range="${text(init)}"/></SegmentBase>`;
  };
}

function template(attributes: string, inner: string): string {
  return `<SegmentTemplate initialization="$RepresentationID$/init.mp4" ${attributes}>${inner}</SegmentTemplate>`;
}

function text({ offset, length }: ByteRange): string {
  return `${offset}-${offset + length - 1}`;
}
