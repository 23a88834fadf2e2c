import { expect, it } from "vitest";
import { measure } from "./measures.ts";
import { countsOf, runOf, sampleAt, seatOf } from "./run-record.fixture.ts";
import { scenarioOf } from "./scenarios.ts";

it("counts offload at the origin and by the viewers, and where they differ", () => {
  expect(measure(runOf())).toMatchObject({
    offloadSteady: 75,
    offloadLimit: 50,
    offloadViewers: 75,
    offloadWhole: 75,
    countsDiffer: 0,
  });
  const counts = countsOf({ viewers: { requests: 1, bytes: 62_500 } });
  expect(measure(runOf({ counts })).countsDiffer).toBeCloseTo(20);
});

it("counts copies over segments first asked for when steady, but the last that some may still want", () => {
  const segment = (bytes: number) => ({
    sizeBytes: 100,
    viewers: { requests: 1, bytes },
    sealer: { requests: 1, bytes: 100 },
  });
  const segments = {
    early: segment(800),
    one: segment(100),
    two: segment(250),
    sealed: segment(0),
    late: segment(100),
  };
  const firstAskedMs = { early: 10_000, one: 50_000, two: 60_000, sealed: 70_000, late: 99_000 };
  const measures = measure(runOf({ counts: countsOf({ segments }), firstAskedMs }));
  expect(measures.copiesSteady).toBeCloseTo(1.75);
  expect(measures.copiesWeighted).toBeCloseTo(1.75);
  expect(measures.copiesWhole).toBeCloseTo((8 + 1 + 2.5) / 3);
});

it("gives a dash, not 0, for what a plain player cannot say", () => {
  const samples = [0, 40, 100].map((second) => sampleAt(second, { peerBytes: null, sentBytes: null }));
  const seats = [seatOf("viewer-0", { samples, neighbours: null })];
  const measures = measure(runOf({ player: "plain", seats }));
  expect(measures).toMatchObject({ busiest: null, unplayed: null, sealerMegabytes: null, neighbours: null });
  expect(measures).toMatchObject({
    stallInTroubleS: null,
    stallAfterTroubleS: null,
    kbpsInTrouble: null,
    sameIsp: null,
  });
});

it("parts stalls at the end of the trouble, and those whom it spared", () => {
  const trouble = { fromMs: 50_000, toMs: 70_000 };
  const stalls = [{ fromMs: 60_000, toMs: 75_000 }];
  const seats = [seatOf("viewer-0", { stalls }, { hit: true }), seatOf("viewer-1")];
  expect(measure(runOf({ scenario: scenarioOf("outage-half"), seats, trouble }))).toMatchObject({
    stalls: 1,
    stallS: 15,
    stallInTroubleS: 10,
    stallAfterTroubleS: 5,
    stallSparedS: 0,
  });
});

it("knows a dead player: no page, no picture, or a picture that stands", () => {
  const still = Array.from({ length: 101 }, (_, second) => sampleAt(second, { playheadS: 7 }));
  const seats = [
    seatOf("viewer-0"),
    seatOf("viewer-1", {}, { page: null }),
    seatOf("viewer-2", { startUpMs: null }),
    seatOf("viewer-3", { samples: still }),
    seatOf("viewer-4", { samples: still }, { leftMs: 60_000 }),
  ];
  expect(measure(runOf({ seats })).dead).toBe(3);
});

it("sets the busiest uploader against the mean", () => {
  const quiet = [0, 40, 100].map((second) => sampleAt(second, { sentBytes: 0 }));
  const seats = [seatOf("viewer-0"), seatOf("viewer-1", { samples: quiet })];
  expect(measure(runOf({ seats })).busiest).toBe(2);
});

it("takes the first 20 s of each viewer that stayed so long for its join", () => {
  const seats = [seatOf("viewer-0"), seatOf("viewer-1", {}, { leftMs: 10_000 })];
  expect(measure(runOf({ seats })).joinMegabytes).toBeCloseTo(0.005);
});

it("does not count CPU where processes went away with their viewers", () => {
  expect(measure(runOf({ scenario: scenarioOf("churn") })).browserCpu).toBeNull();
});

it("tells a busy main thread from one that waited for a core", () => {
  expect(measure(runOf())).toMatchObject({
    mainThread: 5,
    mainThreadCpu: 2.5,
    heapMegabytes: 4,
    browserCpu: 5,
    idle: 50,
  });
});
