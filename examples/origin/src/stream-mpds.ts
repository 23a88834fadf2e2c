import { cencKeyId } from "./cenc.ts";
import { numbers, segmentTime } from "./endless.ts";
import { listedSegments, newestIndex, originTimeMs } from "./live-window.ts";
import type { Rendition } from "./media.ts";
import { type Mpd, type MpdPeriod, mpdText } from "./mpd.ts";
import { byIndex, byList, byTime } from "./mpd-addressing.ts";
import { sidxBytes } from "./sidx.ts";
import { steeringOf } from "./steering.ts";
import type { Stream, StreamState } from "./streams.ts";

/** The text of one of a stream's MPDs; undefined: it has none of that name. */
export function mpdOf(path: string, stream: Stream, renditions: readonly Rendition[], state: StreamState) {
  const [, , file = ""] = path.split("/");
  const { live, packaging, subtitles } = stream;
  const { clock, nowMs, media, vodSegments } = state;
  if (packaging === "one-file" && file === "master.mpd") {
    return vodMpd(renditions, state, { addressing: byIndex((rendition) => placesIn(rendition, vodSegments)) });
  }
  if (packaging === "cenc" && file === "master.mpd") return vodMpd(renditions, state, { keyId: cencKeyId });
  if (packaging !== "cmaf") return undefined;
  const steering = state.steering && { steering: steeringOf(path, state.steering) };
  if (!live) {
    const times = byTime((rendition) => numbers(vodSegments).map((number) => segmentTime(rendition, number)));
    if (file === "master.mpd") return vodMpd(renditions, state, subtitles ? { subtitles } : {});
    if (file === "steered.mpd" && steering) return vodMpd(renditions, state, steering);
    if (file === "timeline.mpd") return vodMpd(renditions, state, { addressing: times });
    if (file === "list.mpd")
      return vodMpd(renditions, state, { addressing: byList(media.segmentSeconds, vodSegments) });
    if (file !== "periods.mpd") return undefined;
    return vodMpd(renditions, state, {
      periods: [0, 4].map((firstNumber) => periodAt(firstNumber, media.segmentSeconds)),
    });
  }
  // A template cannot express names that come back, nor one timeline a restart.
  if (clock.cyclicNames !== undefined) return undefined;
  if (file === "master.mpd") return liveMpd(renditions, state);
  if (file === "steered.mpd" && steering) return liveMpd(renditions, state, steering);
  if (file !== "timeline.mpd" || clock.runs.length > 1) return undefined;
  const listed = listedSegments(clock, nowMs);
  const addressing = byTime((rendition) => listed.map(({ number }) => segmentTime(rendition, number)));
  return liveMpd(renditions, state, { addressing });
}

function periodAt(firstNumber: number, segmentSeconds: number): MpdPeriod {
  return { startSeconds: firstNumber * segmentSeconds, firstNumber };
}

/** Where init segment and index lie in the one file of a rendition. */
function placesIn({ init }: Rendition, count: number) {
  return {
    init: { offset: 0, length: init.byteLength },
    index: { offset: init.byteLength, length: sidxBytes(count) },
  };
}

function liveMpd(
  renditions: readonly Rendition[],
  { clock, nowMs, media: { segmentSeconds } }: StreamState,
  more: Partial<Pick<Mpd, "addressing" | "steering">> = {},
): string {
  const oldest = newestIndex(clock, nowMs) - clock.windowSegments + 1;
  const current = clock.runs.filter((_, position) => (clock.runs[position + 1]?.firstIndex ?? Infinity) > oldest);
  const periods = current.map(
    ({ firstIndex, firstNumber }): MpdPeriod => ({ startSeconds: firstIndex * segmentSeconds, firstNumber }),
  );
  return mpdText({
    renditions,
    segmentSeconds,
    ...more,
    periods,
    timing: {
      type: "dynamic",
      availabilityStartMs: originTimeMs(clock),
      nowMs,
      windowSeconds: clock.windowSegments * segmentSeconds,
    },
  });
}

function vodMpd(
  renditions: readonly Rendition[],
  { media: { segmentSeconds }, vodSegments }: StreamState,
  more: Partial<Mpd> = {},
): string {
  const periods = [{ startSeconds: 0, firstNumber: 0 }];
  const timing = { type: "static", durationSeconds: vodSegments * segmentSeconds } as const;
  return mpdText({ renditions, segmentSeconds, periods, timing, ...more });
}
