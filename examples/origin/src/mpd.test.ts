import { describe, expect, it } from "vitest";
import { media } from "./loop.fixture.ts";
import { mpdText } from "./mpd.ts";

const periods = [{ startSeconds: 0, firstNumber: 0 }];
const base = {
  renditions: media.renditions.filter(({ codecs }) => !codecs.startsWith("vp")),
  segmentSeconds: media.segmentSeconds,
  periods,
};
const live = mpdText({
  ...base,
  periods: [...periods, { startSeconds: 40, firstNumber: 3 }],
  timing: { type: "dynamic", availabilityStartMs: 0, nowMs: 44_000, windowSeconds: 24 },
});
const vod = mpdText({ ...base, timing: { type: "static", durationSeconds: 300 } });

/** Opens and closes every element in order; throws on an attribute that is not quoted or stands twice. */
function assertWellFormed(xml: string): void {
  const open: string[] = [];
  const tag = /<(\/?)([A-Za-z]+)((?:\s+[A-Za-z:]+="[^"<&]*")*)\s*(\/?)>/y;
  const body = xml.replace(/^<\?xml [^?]*\?>/, "");
  for (tag.lastIndex = body.search(/</); tag.lastIndex < body.trimEnd().length; ) {
    const [whole, closes, name = "", attributes = "", empty] = tag.exec(body) ?? [];
    if (whole === undefined) throw new Error("Not a tag where one should be.");
    const names = [...attributes.matchAll(/([A-Za-z:]+)=/g)].map((match) => match[1]);
    if (new Set(names).size !== names.length) throw new Error(`${name} has an attribute twice.`);
    if (closes && open.pop() !== name) throw new Error(`${name} was not open.`);
    if (!closes && !empty) open.push(name);
    tag.lastIndex += body.slice(tag.lastIndex).search(/\S|$/);
  }
  if (open.length > 0) throw new Error(`${open} stay open.`);
}

describe("an MPD", () => {
  it.each([live, vod])("is well-formed XML", (xml) => {
    expect(() => assertWellFormed(xml)).not.toThrow();
    expect(() => assertWellFormed(xml.replace("</Period>", ""))).toThrow();
  });

  it("gives each representation the folder that HLS gives it", () => {
    expect([...vod.matchAll(/<Representation id="(\w+)"/g)].map((match) => match[1])).toEqual([
      "v144",
      "v270",
      "v360",
      "a64",
    ]);
    expect(vod).toContain('media="$RepresentationID$/seg-$Number$.m4s"');
  });

  it("of a live stream tells the time and begins a period where an encoder restarted", () => {
    expect(live).toContain('<UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="1970-01-01T00:00:44.000Z"/>');
    expect(live).toContain('timeShiftBufferDepth="PT24S"');
    expect(live).toContain('<Period id="at-40" start="PT40S">');
    expect(live).toContain('startNumber="3" presentationTimeOffset="153600"');
  });

  it("of a VOD stream is static and as long as it is", () => {
    expect(vod).toContain('type="static" mediaPresentationDuration="PT300S"');
    expect(vod).not.toContain("UTCTiming");
  });
});
