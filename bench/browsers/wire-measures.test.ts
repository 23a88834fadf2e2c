import { segmentIdOf } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import type { WireRecord } from "./page/wire-log.ts";
import { countsOf, runOf, seatOf } from "./run-record.fixture.ts";
import { announcementDelaysMs, newsDelays, sealDelaysMs } from "./wire-measures.ts";

const wireOf = (changes: Partial<WireRecord>): WireRecord => ({
  peerId: null,
  receivedMs: {},
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

  it("does not count what the neighbour had received by then itself", () => {
    const teller = wireOf({ peerId: "a", receivedMs: { "s:0": 50_000, "s:1": 50_100 } });
    const told = [{ atMs: 50_200, from: "a", segmentId: "s", pieces: [0, 1] }];
    const hearer = wireOf({ told, receivedMs: { "s:0": 50_150, "s:1": 50_900 } });
    const seats = [seatOf("viewer-0", { wire: teller }), seatOf("viewer-1", { wire: hearer })];
    expect(announcementDelaysMs(runOf({ seats }))).toEqual([100]);
  });

  it("counts a seal from the moment its segment was listed", () => {
    const id = segmentIdOf("v360/seg-15.m4s");
    const counted = { sizeBytes: 1, viewers: { requests: 1, bytes: 1 }, sealer: { requests: 1, bytes: 1 } };
    const run = runOf({
      seats: [seatOf("viewer-0", { wire: wireOf({ sealedMs: { [id]: 60_400 } }) })],
      counts: countsOf({ segments: { "/live/v360/seg-15.m4s": counted, "/live/v360/seg-16.m4s": counted } }),
    });
    expect(sealDelaysMs(run)).toEqual([400]);
  });

  it("knows nothing where nobody looked", () => {
    expect(newsDelays(runOf())).toEqual({ announcementMs: null, announcement95Ms: null, sealMs: null, seal95Ms: null });
  });
});
