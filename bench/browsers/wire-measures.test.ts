import { segmentIdOf } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import type { WireRecord } from "./page/wire-log.ts";
import { countsOf, runOf, seatOf } from "./run-record.fixture.ts";
import { announcementDelaysMs, newsDelays, sealDelaysMs } from "./wire-measures.ts";

const wireOf = (changes: Partial<WireRecord>): WireRecord => ({
  peerId: null,
  receivedMs: {},
  saidMs: {},
  told: [],
  sealedMs: {},
  ...changes,
});

describe("how late news are", () => {
  it("counts an announcement from the last bytes of the piece to the neighbour's handler", () => {
    const teller = wireOf({ peerId: "a", receivedMs: { "s:0": 50_000, "s:1": 50_100, "s:2": 10_000 } });
    const told = [{ atMs: 50_200, from: "a", segmentId: "s", pieces: [0, 1, 2, 3] }];
    const seats = [seatOf("viewer-0", { wire: teller }), seatOf("viewer-1", { wire: wireOf({ told }) })];
    // Piece 2 came before the run was steady, piece 3 from the CDN.
    expect(announcementDelaysMs(runOf({ seats }))).toEqual([200, 100]);
  });

  it("does not count what the neighbour held by then itself", () => {
    const teller = wireOf({ peerId: "a", receivedMs: { "s:0": 50_000, "s:1": 50_100, "s:2": 50_000 } });
    const told = [{ atMs: 50_200, from: "a", segmentId: "s", pieces: [0, 1, 2] }];
    // Piece 2 came from the CDN: it said so.
    const hearer = wireOf({
      told,
      receivedMs: { "s:0": 50_150, "s:1": 50_900 },
      saidMs: { "s:1": 51_000, "s:2": 50_180 },
    });
    const seats = [seatOf("viewer-0", { wire: teller }), seatOf("viewer-1", { wire: hearer })];
    expect(announcementDelaysMs(runOf({ seats }))).toEqual([100]);
  });

  describe("a seal", () => {
    const counted = { sizeBytes: 1, viewers: { requests: 1, bytes: 1 }, sealer: { requests: 1, bytes: 1 } };
    /** A run with the seals of some segments, by number: segment 15 is listed at 60 s. */
    const runWith = (seals: Readonly<Record<number, number>>) => {
      const paths = Object.keys(seals).map((number) => `v360/seg-${number}.m4s`);
      const sealedMs = Object.fromEntries(paths.map((path, at) => [segmentIdOf(path), Object.values(seals)[at] ?? 0]));
      return runOf({
        seats: [seatOf("viewer-0", { wire: wireOf({ sealedMs }) })],
        counts: countsOf({ segments: Object.fromEntries(paths.map((path) => [`/live/${path}`, counted])) }),
      });
    };

    it("counts from the moment its segment was listed", () => {
      expect(sealDelaysMs(runWith({ 14: 56_300, 15: 60_400, 16: 69_000 }))).toEqual([400, 5_000]);
    });

    it("does not count where nobody watched its rendition then", () => {
      const all = sealDelaysMs(
        runWith({ 12: 70_000, 13: 70_100, 14: 70_200, 15: 70_300, 16: 70_400, 17: 70_500, 18: 72_300 }),
      );
      expect(all).toEqual([300]);
    });
  });

  it("knows nothing where nobody looked", () => {
    expect(newsDelays(runOf())).toEqual({ announcementMs: null, announcement95Ms: null, sealMs: null, seal95Ms: null });
  });
});
