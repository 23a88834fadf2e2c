import type { Rendition } from "./media.ts";
import { type Addressing, byNumber } from "./mpd-addressing.ts";
import type { WebmFile } from "./webm.ts";

/** One period of an MPD: a stretch whose segment numbers and decode times count on. */
export interface MpdPeriod {
  /** After the beginning of the presentation, seconds. */
  readonly startSeconds: number;
  readonly firstNumber: number;
}

/** Other ways to the same segments, of which a steering manifest says the best. */
export interface Pathway {
  readonly name: string;
  /** Ends with a slash. */
  readonly baseUrl: string;
}

/** All that an MPD says. */
export interface Mpd {
  readonly renditions: readonly Rendition[];
  readonly segmentSeconds: number;
  /** Default: SegmentTemplate with `$Number$`. */
  readonly addressing?: Addressing;
  readonly periods: readonly MpdPeriod[];
  /** Representation id of subtitles in `stpp`. Default: none. */
  readonly subtitles?: string;
  /** Id of the key that all is encrypted with in scheme `cenc`, 16 bytes. Default: nothing is. */
  readonly keyId?: Uint8Array;
  /** Default: the MPD's own folder. */
  readonly steering?: { readonly url: string; readonly pathways: readonly Pathway[] };
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
export function mpdText(mpd: Mpd): string {
  const { renditions, segmentSeconds, addressing, periods, subtitles, keyId, steering, timing } = mpd;
  const address = addressing ?? byNumber(segmentSeconds);
  const groups = adaptationSetsOf(renditions);
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
  if (steering) lines.push(...steeringLines(steering));
  for (const { startSeconds, firstNumber } of periods) {
    lines.push(`  <Period id="at-${startSeconds}" start="PT${startSeconds}S">`);
    for (const [at, members] of groups.entries()) {
      const protection = keyId ? protectionLines(keyId) : [];
      lines.push(...adaptationSet(at + 1, members, protection, (member) => address(member, firstNumber)));
    }
    if (subtitles) lines.push(...subtitleLines(groups.length + 1, subtitles, segmentSeconds));
    lines.push("  </Period>");
  }
  if (timing.type === "dynamic") {
    lines.push(`  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="${iso(timing.nowMs)}"/>`);
  }
  return `${[...lines, "</MPD>"].join("\n")}\n`;
}

/** Pictures in one; sounds by language. */
function adaptationSetsOf(renditions: readonly Rendition[]): readonly (readonly Rendition[])[] {
  const sounds = renditions.filter(({ kind }) => kind === "audio");
  const languages = [...new Set(sounds.map(({ language }) => language))];
  const byLanguage = languages.map((language) => sounds.filter((sound) => sound.language === language));
  return [renditions.filter(({ kind }) => kind === "video"), ...byLanguage].filter(({ length }) => length > 0);
}

function adaptationSet(
  id: number,
  members: readonly Rendition[],
  protection: readonly string[],
  addressOf: (member: Rendition) => string,
): readonly string[] {
  const { kind, language } = members[0] ?? {};
  const lang = language === undefined ? "" : ` lang="${language}"`;
  const lines = [
    `    <AdaptationSet id="${id}" contentType="${kind}" mimeType="${kind}/mp4"${lang} segmentAlignment="true" startWithSAP="1">`,
    ...protection,
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

/** ClearKey, W3C Encrypted Media Extensions 9.1: players have the key from their page. */
function protectionLines(keyId: Uint8Array): readonly string[] {
  const hex = Buffer.from(keyId).toString("hex");
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  const kid = `xmlns:cenc="urn:mpeg:cenc:2013" cenc:default_KID="${uuid}"`;
  return [
    `      <ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc" ${kid}/>`,
    '      <ContentProtection schemeIdUri="urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e" value="ClearKey1.0"/>',
  ];
}

function subtitleLines(id: number, name: string, segmentSeconds: number): readonly string[] {
  const template = `timescale="1" duration="${segmentSeconds}" startNumber="0" initialization="${name}/init.mp4"`;
  return [
    `    <AdaptationSet id="${id}" contentType="text" mimeType="application/mp4" codecs="stpp" lang="en" segmentAlignment="true">`,
    '      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>',
    `      <Representation id="${name}" bandwidth="1000">`,
    `        <SegmentTemplate ${template} media="${name}/seg-$Number$.m4s"/>`,
    "      </Representation>",
    "    </AdaptationSet>",
  ];
}

/** DASH-IF, Content Steering for DASH. */
function steeringLines({ url, pathways }: NonNullable<Mpd["steering"]>): readonly string[] {
  return [
    ...pathways.map(({ name, baseUrl }) => `  <BaseURL serviceLocation="${name}">${baseUrl}</BaseURL>`),
    `  <ContentSteering defaultServiceLocation="${pathways[0]?.name}" queryBeforeStart="true">${url}</ContentSteering>`,
  ];
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
