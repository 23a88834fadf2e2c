import { NO_SEGMENT, type PeerId, type SegmentId, type TrackId } from "@shoal/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import type { CdnSink, LoadRequest, Pace, Segment } from "../player.ts";
import { Counters } from "../stats.ts";
import { quietCopies } from "../testing/copies.fixture.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Acquisition } from "./acquisition.ts";
import type { Copies } from "./copies.ts";
import { Announcement } from "./copy.ts";
import { Hearsay } from "./hearsay.ts";
import { Neighbour } from "./neighbour.ts";
import type { Spoken } from "./planner.ts";
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
let progress: number[];
let canTurnElsewhere: boolean;
let bufferedAheadMs: number;
let pace: Pace | null;
let spoken: Spoken[];

/** A load that notes what it is told. */
function request(): LoadRequest {
  return {
    segment,
    fetch: (sink) => {
      fetches.push(sink);
      return { abort: () => {} };
    },
    sink: {
      progress: (bytes) => progress.push(bytes),
      done: (bytes) => heard.push(bytes.byteLength),
      failed: (outcome) => heard.push(outcome),
    },
  };
}

beforeEach(() => {
  clock = new VirtualClock();
  fetches = [];
  heard = [];
  progress = [];
  spoken = [];
  bufferedAheadMs = 0;
  pace = null;
  const ignore = (): void => {};
  copies = quietCopies(clock, 2_000_000);
  acquisition = new Acquisition({
    clock,
    player: {
      state: () => ({ playheadMs: 0, bufferedAheadMs, playbackRate: 1, ...(pace && { pace }) }),
      fetch: () => ({ abort: ignore }),
      canTurnElsewhere: () => canTurnElsewhere,
    },
    copies,
    timeline: new Timeline(),
    counters: new Counters(),
    self: "0".repeat(32) as PeerId,
    rosters: new Rosters(),
    neighbours: () => [],
    spoken: () => spoken,
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

  /** One that a neighbour holds all of, 9 pieces; it sends as many bytes of a piece as it is told. */
  async function loadFromNeighbour(): Promise<(piece: number, bytes: number) => void> {
    const link = { queuedBytes: 0, signal: () => {}, close: () => {}, send: () => true };
    const neighbour = new Neighbour("1".repeat(32) as PeerId, link, true, new Hearsay());
    neighbour.uploads = true;
    const said = new Announcement();
    said.held.add([{ first: 0, count: 9 }]);
    spoken = [{ neighbour, said }];
    acquisition.load(request());
    const copy = copies.get(segment.id);
    if (!copy) throw new Error("nothing is being got");
    copies.claimLength(copy, { ...segment, byteLength: 9 * 65_536, pieceShift: 16 });
    await clock.pass(100);
    return (piece, byteLength) => {
      copy.set(piece, "asked", clock.now(), neighbour.peerId);
      for (let offset = 0; offset < byteLength; offset += 1_000) {
        const bytes = new Uint8Array(1_000);
        copies.receive(copy, neighbour.peerId, {
          type: "piece",
          segmentId: segment.id,
          edition: 0,
          piece,
          offset,
          bytes,
        });
      }
      acquisition.changed(copy);
    };
  }

  it("shows no progress while neighbours alone bring it, as if the network were so slow, but does once the CDN is asked", async () => {
    bufferedAheadMs = 10_000;
    const send = await loadFromNeighbour();
    send(0, 1_000);
    expect([fetches.length, progress]).toEqual([0, []]);
    bufferedAheadMs = 0;
    await clock.pass(200);
    expect(fetches.length).toBe(1);
    fetches[0]?.progress(2_000, null);
    expect(progress).toEqual([2_000]);
  });

  it("shows what came shortly before the player would give it up, if that is most of it", async () => {
    // All of it would take the CDN 1.2 s.
    pace = { rateBps: 4_000_000, ttfbMs: 20 };
    bufferedAheadMs = 5_000;
    const send = await loadFromNeighbour();
    for (let piece = 0; piece < 6; piece++) send(piece, 60_000);
    await clock.pass(100);
    expect([fetches.length, progress]).toEqual([0, []]);
    bufferedAheadMs = 1_650;
    await clock.pass(20);
    send(6, 1_000);
    expect(progress.at(-1)).toBe(361_000);
  });

  it("is asked of the CDN before the player would give it up, where less has come", async () => {
    pace = { rateBps: 1_000_000, ttfbMs: 20 };
    bufferedAheadMs = 8_000;
    const send = await loadFromNeighbour();
    send(0, 60_000);
    await clock.pass(200);
    expect([fetches.length, progress]).toEqual([0, []]);
    bufferedAheadMs = 6_100;
    send(1, 60_000);
    await clock.pass(200);
    expect(fetches.length).toBe(1);
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
