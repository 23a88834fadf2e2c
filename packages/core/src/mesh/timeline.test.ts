import { segmentIdOf } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { TestStream } from "../testing/test-stream.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Timeline } from "./timeline.ts";

async function started(): Promise<{ clock: VirtualClock; stream: TestStream; timeline: Timeline }> {
  const clock = new VirtualClock();
  const stream = new TestStream(clock);
  const timeline = new Timeline();
  timeline.update(stream.timeline(), clock.wallMs());
  return { clock, stream, timeline };
}

describe("a live timeline", () => {
  it("lets old seals count only as far back as the segment is behind the edge", async () => {
    const { clock, stream, timeline } = await started();
    const edge = timeline.sealNotBefore(stream.id(stream.newest));
    const oldest = timeline.sealNotBefore(stream.id(stream.newest - 5));
    expect(clock.wallMs() - edge).toBe(4_000 + 8_000);
    expect(edge - oldest).toBe(20_000);
  });

  it("forgets segments two windows after they left, and not before", async () => {
    const { clock, stream, timeline } = await started();
    await clock.pass(12 * 4_000);
    expect(timeline.update(stream.timeline(), clock.wallMs()).expired).toEqual([]);
    await clock.pass(12 * 4_000);
    const { expired } = timeline.update(stream.timeline(), clock.wallMs());
    expect(expired).not.toContain(stream.id(12));
  });

  it("sees a playlist that goes back as a restart: no earlier seal counts from then on", async () => {
    const { clock, stream, timeline } = await started();
    await clock.pass(40_000);
    timeline.update(stream.timeline(), clock.wallMs());
    const back = { ...stream.timeline(), firstNumber: 0 };
    expect(timeline.update(back, clock.wallMs()).restarted).toBe(true);
    expect(timeline.sealNotBefore(stream.id(stream.newest))).toBe(clock.wallMs());
  });

  it("names the ids that come round again", async () => {
    const { clock, stream, timeline } = await started();
    const first = stream.timeline().segments[0];
    await clock.pass(24_000);
    timeline.update(stream.timeline(), clock.wallMs());
    const again = stream.timeline();
    if (!first) throw new Error("a window is never empty");
    const { restarted, relisted } = timeline.update({ ...again, segments: [...again.segments, first] }, clock.wallMs());
    expect(restarted).toBe(false);
    expect(relisted).toEqual([first.id]);
  });

  it("knows what continues the track that is played, and only that", async () => {
    const { stream, timeline } = await started();
    const { trackId } = stream;
    expect(timeline.continues(trackId, stream.id(stream.newest))).toBe(false);
    timeline.active = new Set([trackId]);
    expect(timeline.continues(trackId, stream.id(stream.newest))).toBe(true);
    expect(timeline.continues(trackId, stream.id(0))).toBe(false);
    expect(timeline.continues(trackId, segmentIdOf("elsewhere"))).toBe(false);
  });
});

describe("an on-demand timeline", () => {
  it("takes seals of any age", () => {
    const clock = new VirtualClock();
    const stream = new TestStream(clock, { live: false });
    const timeline = new Timeline();
    timeline.update(stream.timeline(), clock.wallMs());
    expect(timeline.sealNotBefore(stream.id(0))).toBe(0);
  });
});
