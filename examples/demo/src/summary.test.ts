import type { OriginCounts } from "@shoal/origin";
import { describe, expect, it } from "vitest";
import type { ViewerReport } from "../page/viewer-report.ts";
import { copiesPerSegment, median, offload, type RunRecord, summarise } from "./summary.ts";
import { summaryText } from "./summary-text.ts";

const viewer = (changes: Partial<ViewerReport> = {}): ViewerReport => ({
  name: "Anchovy",
  isp: "Atlantic",
  startUpMs: 400,
  playheadS: 40,
  latencyS: 12,
  bufferS: 10,
  height: 360,
  stalls: 0,
  stalledMs: 0,
  stalling: false,
  failure: null,
  cdnBytes: 250_000,
  peerBytes: 750_000,
  sentBytes: 750_000,
  peerId: "a",
  offReason: null,
  neighbours: [],
  ...changes,
});

/** Copies by path of segments of 100 kB each. */
const countsOf = (copies: Readonly<Record<string, number>>, viewersBytes = 0): OriginCounts => ({
  viewers: { requests: 1, bytes: viewersBytes },
  sealer: { requests: 4, bytes: 400_000 },
  manifests: { requests: 9, bytes: 9_000 },
  clients: {},
  segments: Object.fromEntries(
    Object.entries(copies).map(([path, count]) => [
      path,
      {
        sizeBytes: 100_000,
        viewers: { requests: count, bytes: count * 100_000 },
        sealer: { requests: 4, bytes: 100_000 },
      },
    ]),
  ),
});

const run = (changes: Partial<RunRecord> = {}): RunRecord => ({
  stream: "live",
  players: ["hls"],
  viewers: [viewer(), viewer({ name: "Bream" })],
  counts: countsOf({}, 500_000),
  steadyFrom: null,
  startUps: { plain: [400, 420, 390], shoal: [410, 400, 430] },
  ...changes,
});

describe("a run's summary", () => {
  it("says which share came from peers, by both counts, and passes", () => {
    const summary = summarise(run());
    expect(summary).toMatchObject({ offloadByViewers: 0.75, offloadByOrigin: 0.75, countsDiffer: 0, faults: [] });
    expect(summary.startUp).toEqual({ plainMs: 400, shoalMs: 410, pairs: 3, ratio: 410 / 400 });
    expect(summaryText(summary)).toMatch(/result +passed/);
    expect(summaryText(summary)).toMatch(/60 % live goal +met/);
  });

  it("counts as steady only what came after everybody had joined", () => {
    const counts = countsOf({ joined: 6, one: 1, two: 1, sealed: 0 }, 500_000);
    const bytes = { cdnBytes: 300_000, peerBytes: 500_000 };
    const summary = summarise(run({ counts, steadyFrom: { bytes, counts: countsOf({ joined: 6 }) } }));
    expect(summary).toMatchObject({ steadyCopiesPerSegment: 1, steadySegments: 2 });
    expect(summary.steadyOffload).toBeCloseTo(1_000_000 / 1_200_000);
  });

  it.each([
    ["a stall", { viewers: [viewer({ stalls: 2, stalledMs: 1500 })] }, /Anchovy stalled 2 times, 1.5 s in all/],
    ["a viewer that never began", { viewers: [viewer({ startUpMs: null })] }, /Anchovy never began to play/],
    ["a page that died", { viewers: [null, viewer()] }, /no longer answers/],
    ["a player that gave up", { viewers: [viewer({ failure: "fragLoadError" })] }, /gave up: fragLoadError/],
    ["peers that gave nothing", { viewers: [viewer({ peerBytes: 0 })] }, /Peers delivered nothing/],
    ["counts that do not fit", { counts: countsOf({}, 515_000) }, /differ by 2.9 %/],
  ])("fails a run with %s", (_name, changes, sentence) => {
    const { faults } = summarise(run(changes));
    expect(faults.join("\n")).toMatch(sentence);
  });

  it("says who fed whom where players differ", () => {
    const from = (peerId: string, receivedBytes: number) => ({ peerId, receivedBytes, sentBytes: 0, sameIsp: true });
    const viewers = [
      viewer({ peerId: "a", neighbours: [from("b", 5)] }),
      viewer({ peerId: "b", neighbours: [from("a", 7_000_000)] }),
    ];
    const summary = summarise(run({ players: ["hls", "dash"], viewers }));
    expect(summary.flows).toContainEqual({ from: "dash", to: "hls", bytes: 5 });
    expect(summaryText(summary)).toMatch(/hls to dash +7.0 MB/);
    expect(summarise(run()).flows).toEqual([]);
  });

  it("has words for a run that was too short to be steady, on demand, without start-ups", () => {
    const text = summaryText(summarise(run({ stream: "vod", startUps: { plain: [], shoal: [] } })));
    expect(text).toMatch(/steady +not measured/);
    expect(text).toMatch(/start-up +not measured/);
    expect(text).not.toMatch(/goal/);
  });
});

describe("its arithmetic", () => {
  it("has no offload where nothing came, and no copies where nothing was fetched", () => {
    expect(offload({ cdnBytes: 0, peerBytes: 0 })).toBe(0);
    expect(copiesPerSegment(countsOf({ sealed: 0 }), countsOf({}))).toEqual({ mean: null, segments: 0 });
  });

  it("counts a segment that two viewers took half of as one copy", () => {
    const counts = countsOf({ half: 1 });
    expect(copiesPerSegment(counts, countsOf({}))).toEqual({ mean: 1, segments: 1 });
  });

  it("takes the middle, or the mean of two middles", () => {
    expect([median([]), median([3]), median([4, 1]), median([9, 1, 2])]).toEqual([null, 3, 2.5, 2]);
  });
});
