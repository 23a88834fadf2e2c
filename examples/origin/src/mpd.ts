import type { Rendition } from "./media.ts";

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

/** The text of an MPD, ISO/IEC 23009-1, SegmentTemplate with `$Number$`. */
export function mpdText({ renditions, segmentSeconds, periods, timing }: Mpd): string {
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
      if (members.length > 0) lines.push(...adaptationSet(kind, members, segmentSeconds, firstNumber));
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
  segmentSeconds: number,
  firstNumber: number,
): readonly string[] {
  const lines = [
    `    <AdaptationSet id="${kind === "video" ? 1 : 2}" contentType="${kind}" mimeType="${kind}/mp4" segmentAlignment="true" startWithSAP="1">`,
  ];
  for (const { name, codecs, peakBitsPerSecond, width, height, framesPerSecond, timescale } of members) {
    const form =
      kind === "video"
        ? `width="${width}" height="${height}" frameRate="${framesPerSecond}"`
        : `audioSamplingRate="${timescale}"`;
    const template = [
      `timescale="${timescale}" duration="${segmentSeconds * timescale}" startNumber="${firstNumber}"`,
      `presentationTimeOffset="${firstNumber * segmentSeconds * timescale}"`,
      `initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/seg-$Number$.m4s"`,
    ];
    lines.push(
      `      <Representation id="${name}" codecs="${codecs}" bandwidth="${peakBitsPerSecond}" ${form}>`,
      `        <SegmentTemplate ${template.join(" ")}/>`,
      "      </Representation>",
    );
  }
  return [...lines, "    </AdaptationSet>"];
}
