import { type ByteRange, NO_SEGMENT, PIECE_SHIFT, type SegmentId, type TrackId } from "@shoal/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import type { CdnSink, Segment } from "../player.ts";
import { Counters } from "../stats.ts";
import { quietCopies } from "../testing/copies.fixture.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { CdnRequests } from "./cdn-requests.ts";
import type { Copies } from "./copies.ts";
import type { Copy } from "./copy.ts";

const PIECE = 2 ** PIECE_SHIFT;
const range = (first: number, count: number): ByteRange => ({
  first: first * PIECE,
  last: (first + count) * PIECE - 1,
});

let clock: VirtualClock;
let copies: Copies;
let counters: Counters;
let cdn: CdnRequests;
let sinks: CdnSink[];
let aborted: number;
let announced: boolean[];

function copyOf(n: number, host: string = "cdn"): Copy {
  const id = n.toString(16).padStart(16, "0") as SegmentId;
  const trackId = "00000000000000bb" as TrackId;
  const url = `https://${host}/${n}.m4s`;
  const segment: Segment = { id, trackId, previousId: NO_SEGMENT, url, range: null, startMs: 0, durationMs: 4000 };
  const copy = copies.begin(segment);
  copy.setLength(8 * PIECE, PIECE_SHIFT);
  return copy;
}

function open(copy: Copy, part: ByteRange | null): boolean {
  const start = (sink: CdnSink) => {
    sinks.push(sink);
    return { abort: () => aborted++ };
  };
  const outcome = { progress: () => {}, done: () => {}, failed: () => {} };
  return cdn.open(copy, part, start, outcome);
}

const answer = (bytes: number, offset: number, whole: boolean) => {
  return { bytes: new ArrayBuffer(bytes), offset, totalBytes: null, whole };
};

beforeEach(() => {
  clock = new VirtualClock();
  counters = new Counters();
  sinks = [];
  aborted = 0;
  announced = [];
  copies = quietCopies(clock, 100_000_000);
  const announceFetch = (_copy: Copy, fetching: boolean): void => void announced.push(fetching);
  cdn = new CdnRequests({ clock, copies, counters, announceFetch });
});

describe("ranges", () => {
  it("are asked of a server one at a time until it has answered one, then as many as it takes", () => {
    const copy = copyOf(1);
    expect(open(copy, range(0, 2))).toBe(true);
    expect(open(copy, range(4, 2))).toBe(false);
    expect(open(copyOf(2), range(0, 1))).toBe(false);
    expect(open(copyOf(3, "other"), range(0, 1))).toBe(true);
    sinks[0]?.done(answer(2 * PIECE, 0, false));
    expect(open(copy, range(4, 2))).toBe(true);
    expect(open(copy, range(6, 2))).toBe(true);
  });

  it("mark their pieces as coming, and as missing again when they come to nothing", () => {
    const copy = copyOf(1);
    open(copy, range(2, 3));
    expect(copy.in("coming")).toEqual([2, 3, 4]);
    sinks[0]?.failed("503", true);
    expect(copy.in("coming")).toEqual([]);
    expect(copy.count("missing")).toBe(8);
    expect(announced).toEqual([true, false]);
  });

  for (const [name, reply] of [
    ["ignores them: all of it comes", (sink: CdnSink) => sink.done(answer(8 * PIECE, 0, true))],
    ["refuses them, or their preflight", (sink: CdnSink) => sink.failed("network", true)],
  ] as const) {
    it(`are not asked of a server that ${name}; it is tried again after a minute`, async () => {
      const copy = copyOf(1);
      open(copy, range(0, 1));
      const [sink] = sinks;
      if (sink) reply(sink);
      const { segment } = copy;
      if (!segment) throw new Error("The copy is of a segment.");
      expect(cdn.takesRanges(segment)).toBe(false);
      expect(copy.cdnFailed).toBe(false);
      await clock.pass(61_000);
      expect(cdn.takesRanges(segment)).toBe(true);
    });
  }

  it("that fail on a server that takes them are the CDN's failure", () => {
    const copy = copyOf(1);
    open(copy, range(0, 1));
    sinks[0]?.done(answer(PIECE, 0, false));
    open(copy, range(1, 1));
    sinks[1]?.failed("503", true);
    expect(copy.cdnFailed).toBe(true);
    expect(copy.cdnRetryMs).toBeGreaterThan(clock.now());
  });
});

describe("what is paid for", () => {
  it("is what came, and what had come before a request was given up", () => {
    const copy = copyOf(1);
    open(copy, null);
    sinks[0]?.progress(1000, null);
    cdn.abort(copy.id);
    expect(aborted).toBe(1);
    expect([counters.cdnBytes, counters.wastedBytes]).toEqual([1000, 1000]);
    open(copy, null);
    sinks[1]?.done(answer(5000, 0, true));
    expect([counters.cdnBytes, counters.wastedBytes]).toEqual([6000, 1000]);
  });

  it("is not the whole twice: one request for all of a segment at a time", () => {
    const copy = copyOf(1);
    expect(open(copy, null)).toBe(true);
    expect(open(copy, null)).toBe(false);
    expect(cdn.underWay(copy.id)).toBe(true);
  });
});
