import type { Rendition } from "./media.ts";
import { type Addressing, byNumber } from "./mpd-addressing.ts";
import type { WebmFile } from "./webm.ts";

/** One period of an MPD: a stretch whose segment numbers and decode times count on. */
export interface MpdPeriod {
  /** After the beginning of the presentation, seconds. */
  readonly startSeconds: number;
  readonly firstNumber: number;
}

/** All that an MPD says. */
export interface Mpd {
  readonly renditions: readonly Rendition[];
  readonly segmentSeconds: number;
  /** Default: SegmentTemplate with `$Number$`. */
  readonly addressing?: Addressing;
  readonly periods: readonly MpdPeriod[];
  readonly timing:
    | { readonly type: "static"; readonly durationSeconds: number }
    | {
        readonly type: "dynamic";
        /** Unix ms. */
        readonly availabilityStartMs: number;
        readonly nowMs: number;
        readonly windowSeconds: number;
      };
}

/** The text of an MPD, ISO/IEC 23009-1. */
export function mpdText({ renditions, segmentSeconds, addressing, periods, timing }: Mpd): string {
  const address = addressing ?? byNumber(segmentSeconds);
  const iso = (ms: number) => new Date(ms).toISOString();
  const profile = "urn:mpeg:dash:profile:isoff-live:2011";
  const start = `xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="${profile}" minBufferTime="PT${segmentSeconds}S"`;
  const attributes =
    timing.type === "static"
      ? `type="static" mediaPresentationDuration="PT${timing.durationSeconds}S"`
      : `type="dynamic" availabilityStartTime="${iso(timing.availabilityStartMs)}" publishTime="${iso(timing.nowMs)}"` +
        ` minimumUpdatePeriod="PT${segmentSeconds}S" timeShiftBufferDepth="PT${timing.windowSeconds}S"` +
        ` suggestedPresentationDelay="PT${3 * segmentSeconds}S"`;
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<MPD ${start} ${attributes}>`];
  for (const { startSeconds, firstNumber } of periods) {
    lines.push(`  <Period id="at-${startSeconds}" start="PT${startSeconds}S">`);
    for (const kind of ["video", "audio"] as const) {
      const members = renditions.filter((rendition) => rendition.kind === kind);
      if (members.length > 0) lines.push(...adaptationSet(kind, members, (member) => address(member, firstNumber)));
    }
    lines.push("  </Period>");
  }
  if (timing.type === "dynamic") {
    lines.push(`  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="${iso(timing.nowMs)}"/>`);
  }
  return `${[...lines, "</MPD>"].join("\n")}\n`;
}

function adaptationSet(
  kind: "video" | "audio",
  members: readonly Rendition[],
  addressOf: (member: Rendition) => string,
): readonly string[] {
  const lines = [
    `    <AdaptationSet id="${kind === "video" ? 1 : 2}" contentType="${kind}" mimeType="${kind}/mp4" segmentAlignment="true" startWithSAP="1">`,
  ];
  for (const member of members) {
    const { name, codecs, peakBitsPerSecond, width, height, framesPerSecond, timescale } = member;
    const form =
      kind === "video"
        ? `width="${width}" height="${height}" frameRate="${framesPerSecond}"`
        : `audioSamplingRate="${timescale}"`;
    lines.push(
      `      <Representation id="${name}" codecs="${codecs}" bandwidth="${peakBitsPerSecond}" ${form}>`,
      `        ${addressOf(member)}`,
      "      </Representation>",
    );
  }
  return [...lines, "    </AdaptationSet>"];
}

/** The MPD of the one WebM file: 48 s of one rendition, addressed by its own index. */
export function webmMpdText(name: string, { init, index }: WebmFile): string {
  const range = ({ offset, length }: WebmFile["index"]): string => `${offset}-${offset + length - 1}`;
  const attributes = 'profiles="urn:webm:dash:profile:webm-on-demand:2012" minBufferTime="PT4S"';
  return `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ${attributes} type="static" mediaPresentationDuration="PT48S">
  <Period id="0" start="PT0S" duration="PT48S">
    <AdaptationSet contentType="video" mimeType="video/webm" codecs="vp09.00.10.08" subsegmentAlignment="true">
      <Representation id="vp144" bandwidth="160000" width="256" height="144" frameRate="25">
        <BaseURL>${name}</BaseURL>
        <SegmentBase indexRange="${range(index)}"><Initialization range="${range(init)}"/></SegmentBase>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
`;
}
