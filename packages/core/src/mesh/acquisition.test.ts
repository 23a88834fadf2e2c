import { NO_SEGMENT, type PeerId, type SegmentId, type TrackId } from "@shoal/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import type { CdnSink, LoadRequest, Segment } from "../player.ts";
import { Counters } from "../stats.ts";
import { quietCopies } from "../testing/copies.fixture.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Acquisition } from "./acquisition.ts";
import type { Copies } from "./copies.ts";
import { Rosters } from "./roster.ts";
import { Timeline } from "./timeline.ts";

const segment: Segment = {
  id: "00000000000000aa" as SegmentId,
  trackId: "00000000000000bb" as TrackId,
  previousId: NO_SEGMENT,
  url: "https://cdn/a.m4s",
  range: null,
  startMs: 0,
  durationMs: 4000,
};

let clock: VirtualClock;
let copies: Copies;
let acquisition: Acquisition;
let fetches: CdnSink[];
let heard: unknown[];
let canTurnElsewhere: boolean;

/** A load that notes what it is told. */
function request(): LoadRequest {
  return {
    segment,
    fetch: (sink) => {
      fetches.push(sink);
      return { abort: () => {} };
    },
    sink: {
      progress: () => {},
      done: (bytes) => heard.push(bytes.byteLength),
      failed: (outcome) => heard.push(outcome),
    },
  };
}

beforeEach(() => {
  clock = new VirtualClock();
  fetches = [];
  heard = [];
  const ignore = (): void => {};
  copies = quietCopies(clock, 1_000_000);
  acquisition = new Acquisition({
    clock,
    player: {
      state: () => ({ playheadMs: 0, bufferedAheadMs: 0, playbackRate: 1 }),
      fetch: () => ({ abort: ignore }),
      canTurnElsewhere: () => canTurnElsewhere,
    },
    copies,
    timeline: new Timeline(),
    counters: new Counters(),
    self: "0".repeat(32) as PeerId,
    rosters: new Rosters(),
    neighbours: () => [],
    spoken: () => [],
    uploads: () => true,
    weight: () => 50,
    shareable: () => true,
    sealing: () => true,
    mostAskedBytes: Number.POSITIVE_INFINITY,
    announceFetch: ignore,
  });
});

describe("a load", () => {
  it("is not taken while the same segment is being loaded, so that neither goes unanswered", async () => {
    expect(acquisition.load(request())).not.toBeNull();
    expect(acquisition.load(request())).toBeNull();
  });

  it("whose CDN request fails is held, unless the player has somewhere else to turn, or there is nothing to wait for", async () => {
    for (const [passing, elsewhere, expected] of [
      [true, false, []],
      [true, true, ["503"]],
      [false, false, ["503"]],
    ] as const) {
      canTurnElsewhere = elsewhere;
      fetches.length = heard.length = 0;
      const task = acquisition.load(request());
      await clock.pass(100);
      fetches[0]?.failed("503", passing);
      await clock.pass(100);
      expect(heard).toEqual(expected);
      task?.abort();
      copies.drop(segment.id);
    }
  });

  it("is carried out although the timer that was to plan it came early", async () => {
    const { after } = clock;
    acquisition.load(request());
    await clock.pass(5);
    fetches.length = 0;
    clock.after = (delayMs, callback) => after.call(clock, Math.max(0, delayMs - 0.5), callback);
    acquisition.load({ ...request(), segment: { ...segment, id: "00000000000000cc" as SegmentId } });
    await clock.pass(80);
    expect(fetches.length).toBe(1);
  });

  it("is carried out although its copy was dropped under it", async () => {
    acquisition.load(request());
    copies.drop(segment.id);
    await clock.pass(1);
    fetches[0]?.done({ bytes: new ArrayBuffer(5), offset: 0, totalBytes: 5, whole: true });
    expect(heard).toEqual([5]);
  });

  it("that sharing's end hands to the CDN is told when the CDN fails", async () => {
    acquisition.load(request());
    acquisition.close();
    fetches[0]?.failed("503");
    await clock.pass(1);
    expect(heard).toEqual(["503"]);
  });

  it("whose CDN request is under way when sharing ends is told when it fails", async () => {
    acquisition.load(request());
    await clock.pass(1);
    acquisition.close();
    fetches[0]?.failed("503");
    await clock.pass(1);
    expect(heard).toEqual(["503"]);
  });
});
