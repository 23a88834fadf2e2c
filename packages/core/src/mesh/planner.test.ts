import {
  HASH_BYTES,
  type PeerId,
  PIECE_SHIFT,
  type SegmentId,
  SIGNATURE_BYTES,
  segmentIdOf,
  type TrackId,
  toRanges,
  trackIdOf,
} from "@shoal/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Segment } from "../player.ts";
import { Announcement, Copy } from "./copy.ts";
import { type Elector, type Electorate, electionRank } from "./election.ts";
import { latestFetchMs } from "./fetch-plan.ts";
import { type PlanAction, type PlanNeighbour, type PlanSegment, type PlanView, plan, type Spoken } from "./planner.ts";

const TRACK = trackIdOf("v/init.mp4");

function peer(index: number): PeerId {
  return (segmentIdOf(`a${index}`) + segmentIdOf(`b${index}`)) as PeerId;
}

function copyOf(name: string, pieces: number, knownSinceMs: number = 0, sealed: boolean = true): Copy {
  const id = segmentIdOf(name);
  const news = { trackId: TRACK, previousId: id, byteLength: pieces * 65_536, pieceShift: PIECE_SHIFT };
  const copy = new Copy(id, news, segmentOf(id), knownSinceMs);
  const hashes = new Uint8Array(pieces * HASH_BYTES);
  const signature = new Uint8Array(SIGNATURE_BYTES);
  if (sealed) copy.seal = { ...news, segmentId: id, sealedAtMs: 0, hashes, keyId: "0123456789abcdef", signature };
  return copy;
}

const segmentOf = (id: SegmentId): Segment => ({
  id,
  trackId: TRACK,
  previousId: id,
  url: "https://cdn/x.m4s",
  range: null,
  startMs: 0,
  durationMs: 4_000,
});

/** This viewer and some neighbours, all alike. */
function among(neighbours: readonly PlanNeighbour[], more: Partial<Electorate> = {}): Electorate {
  const electors = [peer(0), ...neighbours.map(({ peerId }) => peerId)].map((peerId) => ({ peerId, weight: 50 }));
  return { named: false, electors, viewers: electors.length, ...more };
}

function wantedOf(copy: Copy, more: Partial<PlanSegment> = {}): PlanSegment {
  return {
    copy,
    askedMs: 0,
    upcoming: false,
    dryMs: 10_000,
    canFetchWhole: true,
    canSplit: true,
    electorate: among([]),
    nearby: [],
    fits: true,
    live: true,
    targetDurationMs: 4_000,
    ...more,
  };
}

/** A neighbour and what it said. */
type Speaker = PlanNeighbour & { readonly announced: (id: SegmentId) => Announcement | undefined };

function neighbourOf(
  index: number,
  held: Readonly<Record<SegmentId, readonly number[]>> = {},
  more: Partial<Speaker> = {},
): Speaker {
  const announced = new Map<SegmentId, Announcement>();
  for (const [id, pieces] of Object.entries(held) as [SegmentId, readonly number[]][]) {
    const said = new Announcement();
    said.held.add(toRanges(pieces));
    announced.set(id, said);
  }
  return {
    peerId: peer(index),
    uploads: true,
    tracks: new Set<TrackId>([TRACK]),
    uplink: 0,
    rateBps: null,
    outstandingBytes: 0,
    lateness: 0,
    busyUntilMs: 0,
    lastReceivedMs: 0,
    sameIsp: true,
    announced: (id) => announced.get(id),
    ...more,
  };
}

function viewOf(
  segments: readonly PlanSegment[],
  neighbours: readonly Speaker[],
  more: Partial<PlanView> = {},
): PlanView {
  return {
    nowMs: 0,
    self: peer(0),
    sealing: true,
    sealsStoppedMs: -100_000,
    segments,
    neighbours,
    spoken: (id) => spokenOf(neighbours, id),
    cdnBps: 20_000_000,
    mostAskedBytes: Number.POSITIVE_INFINITY,
    ...more,
  };
}

function spokenOf(neighbours: readonly Speaker[], id: SegmentId): readonly Spoken[] {
  return neighbours.flatMap((neighbour) => {
    const said = neighbour.announced(id);
    return said ? [{ neighbour, said }] : [];
  });
}

const kinds = (actions: readonly PlanAction[]): string[] => actions.map(({ kind }) => kind);

/** A segment for which the viewer has a given rank among some neighbours. */
function segmentOfRank(rank: number, neighbours: readonly PlanNeighbour[]): Copy {
  for (let n = 0; ; n++) {
    const copy = copyOf(`s${n}`, 4, 0, false);
    if (electionRank(copy.id, 0, peer(0), among(neighbours).electors) === rank) return copy;
  }
}

describe("who fetches", () => {
  const others = [neighbourOf(1), neighbourOf(2), neighbourOf(3)];

  it("is this viewer at once when it is alone", () => {
    expect(kinds(plan(viewOf([wantedOf(copyOf("a", 4))], [])).actions)).toEqual(["fetch"]);
  });

  it("is this viewer at once when it is elected", () => {
    expect(
      kinds(plan(viewOf([wantedOf(segmentOfRank(0, others), { electorate: among(others) })], others)).actions),
    ).toEqual(["fetch"]);
  });

  it("is the one elected of a crowd only once the seal, by which they would split the segment, is late", () => {
    const electorate = among(others, { named: true, viewers: 400 });
    const wanted = wantedOf(segmentOfRank(0, others), { electorate });
    const first = plan(viewOf([wanted], others));
    expect(first.actions).toEqual([]);
    expect(first.untilMs).toBeGreaterThan(1_000);
    expect(kinds(plan(viewOf([wanted], others, { nowMs: first.untilMs })).actions)).toEqual(["fetch"]);
    expect(kinds(plan(viewOf([{ ...wanted, canSplit: false }], others)).actions)).toEqual(["fetch"]);
  });

  it("is nobody here while another is elected and the buffer lasts; its turn comes when the others fail", () => {
    const wanted = wantedOf(segmentOfRank(1, others), { electorate: among(others) });
    const first = plan(viewOf([wanted], others));
    expect(first.actions).toEqual([]);
    expect(first.untilMs).toBeGreaterThan(0);
    expect(first.untilMs).toBeLessThan(wanted.dryMs);
    expect(kinds(plan(viewOf([wanted], others, { nowMs: first.untilMs })).actions)).toEqual(["fetch"]);
  });

  it("is this viewer at once with little buffer: start-up and seeks never wait", () => {
    const wanted = wantedOf(segmentOfRank(2, others), { dryMs: 500, electorate: among(others) });
    expect(kinds(plan(viewOf([wanted], others)).actions)).toEqual(["fetch"]);
  });

  it("is this viewer at once when nothing is sealed", () => {
    const wanted = wantedOf(segmentOfRank(2, others), { electorate: among(others) });
    expect(kinds(plan(viewOf([wanted], others, { sealing: false })).actions)).toEqual(["fetch"]);
  });

  it("is this viewer at once where the CDN refuted the seal, and nobody before the player asks", () => {
    const refuted = segmentOfRank(2, others);
    refuted.setLength(0, PIECE_SHIFT);
    refuted.unshareable = true;
    const wanted = wantedOf(refuted, { electorate: among(others) });
    expect(plan(viewOf([wanted], others)).actions).toMatchObject([{ kind: "fetch", range: null }]);
    expect(plan(viewOf([{ ...wanted, askedMs: null, upcoming: true }], others)).actions).toEqual([]);
  });

  it("waits for a neighbour that said it is fetching, but not for one that has nothing to show for it", () => {
    const copy = segmentOfRank(0, others);
    const said = new Announcement();
    said.add({ edition: 0, news: null, complete: false, held: [], coming: [{ first: 0, count: 1 }] }, 0);
    const fetching = neighbourOf(1, {}, { announced: () => said });
    expect(plan(viewOf([wantedOf(copy, { electorate: among([fetching]) })], [fetching])).actions).toEqual([]);
    expect(
      kinds(plan(viewOf([wantedOf(copy, { electorate: among([fetching]) })], [fetching], { nowMs: 3_500 })).actions),
    ).toEqual(["fetch"]);
  });
});

describe("a rescue", () => {
  it("asks the CDN for just the missing range, in time", () => {
    const copy = copyOf("r", 8);
    for (const piece of [0, 1, 2, 6, 7]) copy.set(piece, "held", 0);
    const slow = neighbourOf(1, { [copy.id]: [3, 4, 5] });
    const { actions } = plan(viewOf([wantedOf(copy, { dryMs: 1_200 })], [slow]));
    expect(actions).toContainEqual({
      kind: "fetch",
      copy,
      range: { first: 3 * 65_536, last: 6 * 65_536 - 1 },
      rescue: true,
    });
  });

  it("is the whole segment where nearly nothing is there", () => {
    const copy = copyOf("w", 8);
    copy.set(0, "held", 0);
    const { actions } = plan(viewOf([wantedOf(copy, { dryMs: 100 })], [neighbourOf(1, { [copy.id]: [1] })]));
    expect(actions).toContainEqual({ kind: "fetch", copy, range: null, rescue: true });
  });

  it("asks neighbours beside a CDN that does not answer", () => {
    const copy = copyOf("h", 2);
    copy.cdnSinceMs = copy.cdnProgressMs = 0;
    const holder = neighbourOf(1, { [copy.id]: [0, 1] });
    expect(plan(viewOf([wantedOf(copy)], [holder], { nowMs: 200 })).actions).toEqual([]);
    expect(kinds(plan(viewOf([wantedOf(copy)], [holder], { nowMs: 2_000 })).actions)).toEqual(["ask"]);
  });
});

describe("pieces", () => {
  it("are asked of several neighbours at once, the rarest first", () => {
    const copy = copyOf("p", 4);
    const many = [neighbourOf(1, { [copy.id]: [0, 1, 2, 3] }), neighbourOf(2, { [copy.id]: [1, 2, 3] })];
    const asks = plan(viewOf([wantedOf(copy)], many)).actions.filter((action) => action.kind === "ask");
    expect(asks.length).toBe(2);
    expect(asks.flatMap(({ pieces }) => pieces).sort()).toEqual([0, 1, 2, 3]);
    expect(asks.find(({ pieces }) => pieces.includes(0))?.peerId).toBe(peer(1));
  });

  it("are taken back from a neighbour that went silent, and asked of another", () => {
    const copy = copyOf("t", 1);
    copy.set(0, "asked", 0, peer(1));
    const both = [neighbourOf(1, { [copy.id]: [0] }), neighbourOf(2, { [copy.id]: [0] })];
    expect(plan(viewOf([wantedOf(copy)], both, { nowMs: 1_000 })).actions).toEqual([]);
    expect(plan(viewOf([wantedOf(copy)], both, { nowMs: 3_000 })).actions).toContainEqual({
      kind: "give-up",
      peerId: peer(1),
      copy,
      pieces: [0],
    });
  });

  it("are taken back the sooner the less time there is", () => {
    const copy = copyOf("hurry", 1);
    copy.set(0, "asked", 0, peer(1));
    const both = [neighbourOf(1, { [copy.id]: [0] }), neighbourOf(2, { [copy.id]: [0] })];
    const takenBack = (nowMs: number, dryMs: number): boolean =>
      kinds(plan(viewOf([wantedOf(copy, { dryMs })], both, { nowMs })).actions).includes("give-up");
    expect([1_000, 1_500].map((nowMs) => takenBack(nowMs, 5_000))).toEqual([false, true]);
    expect([1_500, 2_000].map((nowMs) => takenBack(nowMs, 8_000))).toEqual([false, true]);
  });

  it("are not asked of somebody of whom nothing is known but a slow uplink, where others proved faster", () => {
    const copy = copyOf("unknown", 1);
    const strange = neighbourOf(1, { [copy.id]: [0] }, { uplink: 10 });
    const proven = neighbourOf(2, { [copy.id]: [0] }, { rateBps: 1_000_000 });
    const asked = (uplink: number): PeerId[] =>
      plan(viewOf([wantedOf(copy)], [{ ...strange, uplink }, proven])).actions.flatMap((action) =>
        action.kind === "ask" ? action.peerId : [],
      );
    expect(asked(10)).toEqual([peer(2)]);
    expect(asked(100)).toEqual([peer(1)]);
  });

  it("of another edition than the seal's are not asked for", () => {
    const copy = copyOf("e", 2);
    const said = new Announcement();
    said.complete = true;
    said.edition = 0xdead;
    expect(plan(viewOf([wantedOf(copy)], [neighbourOf(1, {}, { announced: () => said })])).actions).toEqual([]);
  });

  it("are asked of whoever has parts of it rather than of who has all: whoever fetched it has sent most already", () => {
    for (let n = 0; n < 20; n++) {
      const copy = copyOf(`parts${n}`, 1);
      const all = neighbourOf(1, { [copy.id]: [0] }, { rateBps: 50_000_000 });
      const said = all.announced(copy.id);
      if (said) said.complete = true;
      const part = neighbourOf(2, { [copy.id]: [0] }, { rateBps: 20_000_000 });
      expect(plan(viewOf([wantedOf(copy)], [all, part])).actions).toMatchObject([{ kind: "ask", peerId: peer(2) }]);
    }
  });

  it("are asked of all who can bring them soon, not of the fastest alone", () => {
    const given = new Map<PeerId, number>();
    const holders = [80, 160, 320, 640].map((mbps, n) => ({ index: n + 1, rateBps: mbps * 1e6 }));
    for (let n = 0; n < 40; n++) {
      const copy = copyOf(`even${n}`, 12);
      const all = Array.from({ length: 12 }, (_, piece) => piece);
      const around = holders.map(({ index, rateBps }) => neighbourOf(index, { [copy.id]: all }, { rateBps }));
      for (const action of plan(viewOf([wantedOf(copy, { nearby: among(around).electors })], around, { nowMs: 900 }))
        .actions) {
        if (action.kind !== "ask") continue;
        given.set(action.peerId, (given.get(action.peerId) ?? 0) + action.pieces.length);
      }
    }
    const counts = [...given.values()];
    expect(counts).toHaveLength(4);
    expect(Math.max(...counts)).toBeLessThan(2 * Math.min(...counts));
  });
});

describe("the first copy of a large cluster", () => {
  const crowd = Array.from({ length: 40 }, (_, at) => neighbourOf(at + 1));
  const roster = among(crowd, { named: true, viewers: 400 });
  const stranger: Electorate = { ...roster, electors: roster.electors.slice(1) };

  const fetchedPieces = (actions: readonly PlanAction[]): number[] =>
    actions.flatMap((action) => {
      if (action.kind !== "fetch" || !action.range) return [];
      const first = action.range.first / 65_536;
      return Array.from({ length: Math.ceil((action.range.last + 1) / 65_536) - first }, (_, at) => first + at);
    });

  it("is split: each piece is fetched by exactly one member, at once, before any player asks", () => {
    const fetchers = new Map<number, number>();
    for (let member = 0; member <= 40; member++) {
      const wanted = wantedOf(copyOf("split", 40), { askedMs: null, upcoming: true, electorate: roster });
      const { actions } = plan(viewOf([wanted], [], { self: peer(member) }));
      for (const piece of fetchedPieces(actions)) fetchers.set(piece, (fetchers.get(piece) ?? 0) + 1);
    }
    expect([...fetchers.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, piece) => piece));
    expect([...fetchers.values()].every((count) => count === 1)).toBe(true);
  });

  it("is nobody else's while there is time; but members step in before others, and all before the deadline", () => {
    const due = (electorate: Electorate, self: PeerId): number => {
      const wanted = wantedOf(copyOf("late", 40), { askedMs: null, upcoming: true, electorate, dryMs: 12_000 });
      const first = plan(viewOf([wanted], [], { self }));
      if (fetchedPieces(first.actions).length > 0) return 0;
      return first.untilMs;
    };
    const members = Array.from({ length: 40 }, (_, at) => due(roster, peer(at + 1))).filter((atMs) => atMs > 0);
    expect(Math.min(...members)).toBeGreaterThan(1_000);
    const other = due(stranger, peer(0));
    expect(other).toBeGreaterThan(Math.min(...members));
    expect(other).toBeLessThan(12_000);
  });

  it("is not fetched again where a neighbour holds it or is getting it", () => {
    const copy = copyOf("had", 40);
    const said = new Announcement();
    const all = [{ first: 0, count: 20 }];
    said.add({ edition: copy.edition, news: null, complete: false, held: all, coming: [{ first: 20, count: 20 }] }, 0);
    const holder = neighbourOf(50, {}, { announced: () => said, outstandingBytes: 10_000_000 });
    for (let member = 0; member <= 40; member++) {
      const wanted = wantedOf(copy, { askedMs: null, upcoming: true, electorate: roster });
      expect(fetchedPieces(plan(viewOf([wanted], [holder], { self: peer(member) })).actions)).toEqual([]);
    }
  });

  it("is completed by one of few viewers at once where whoever was getting the rest is gone", () => {
    const few = Array.from({ length: 5 }, (_, at) => neighbourOf(at + 1));
    const turns = [0, 1, 2, 3, 4, 5].map((viewer) => {
      const copy = copyOf("parts", 10);
      for (const piece of [0, 1, 2, 3, 4, 5]) copy.set(piece, "held", 0);
      const wanted = wantedOf(copy, { electorate: among(few) });
      const { actions, untilMs } = plan(viewOf([wanted], few, { self: peer(viewer) }));
      expect([[], [6, 7, 8, 9]]).toContainEqual(fetchedPieces(actions));
      return actions.length > 0 ? 0 : untilMs;
    });
    expect(turns.filter((atMs) => atMs === 0)).toHaveLength(1);
    expect(Math.max(...turns)).toBeLessThan(latestFetchMs(wantedOf(copyOf("parts", 10)), 20_000_000));
  });

  it("is left to one after the other once a promise came to nothing, however late that is", () => {
    const brokenMs = 7_000;
    const turns = Array.from({ length: 40 }, (_, at) => {
      const copy = copyOf("broken", 40);
      copy.brokenMs = brokenMs;
      const wanted = wantedOf(copy, { electorate: roster, dryMs: 12_000 });
      const { actions, untilMs } = plan(viewOf([wanted], [], { self: peer(at + 1), nowMs: brokenMs }));
      return actions.length > 0 ? 0 : untilMs;
    });
    expect(turns.filter((atMs) => atMs === 0).length, "the primaries of its stripes").toBeLessThanOrEqual(16);
    const backups = turns.filter((atMs) => atMs > 0);
    expect(Math.min(...backups)).toBeGreaterThan(brokenMs);
    expect(Math.max(...backups)).toBeLessThan(12_000);
    expect(new Set(backups).size).toBeGreaterThan(20);
  });

  it("is waited for less long where another's promise came to nothing", () => {
    const copy = copyOf("again", 40);
    const patience = copy.patienceMs;
    copy.brokenMs = 1_000;
    expect(copy.patienceMs).toBeLessThan(patience);
  });

  it("makes whoever is to fetch read the playlist, once, where that does not list it yet", () => {
    let seekers = 0;
    for (let member = 0; member <= 40; member++) {
      const copy = copyOf("news", 40);
      copy.segment = null;
      const wanted = wantedOf(copy, { askedMs: null, upcoming: false, canSplit: false, electorate: roster });
      const view = viewOf([wanted], [], { self: peer(member) });
      if (!kinds(plan(view).actions).includes("seek")) continue;
      seekers++;
      copy.sought = true;
      expect(kinds(plan(view).actions)).not.toContain("seek");
    }
    expect(seekers).toBeGreaterThan(4);
    expect(seekers).toBeLessThanOrEqual(32);
  });

  it("is fetched whole on demand, by one at once and by whoever wants it soon after: others are elsewhere in the stream", () => {
    const moments: number[] = [];
    for (let member = 0; member <= 40; member++) {
      const wanted = wantedOf(copyOf("split", 40), { live: false, dryMs: 30_000, electorate: roster });
      const { actions, untilMs } = plan(viewOf([wanted], crowd.slice(0, 5), { self: peer(member) }));
      expect(fetchedPieces(actions)).toEqual([]);
      moments.push(kinds(actions).includes("fetch") ? 0 : untilMs);
    }
    expect(moments.filter((atMs) => atMs === 0)).toHaveLength(1);
    expect(Math.max(...moments)).toBeLessThanOrEqual(5_000);
  });

  it("is completed on demand by its turn, not at the deadline, where whoever was giving it left", () => {
    const few = Array.from({ length: 3 }, (_, at) => neighbourOf(at + 1));
    const turns = [0, 1, 2, 3].map((viewer) => {
      const copy = copyOf("left", 10);
      for (const piece of [0, 1, 2, 3, 4, 5]) copy.set(piece, "held", 0);
      const wanted = wantedOf(copy, { live: false, dryMs: 30_000, electorate: among(few) });
      const { actions, untilMs } = plan(viewOf([wanted], few, { self: peer(viewer) }));
      expect([[], [6, 7, 8, 9]]).toContainEqual(fetchedPieces(actions));
      return actions.length > 0 ? 0 : untilMs;
    });
    expect(turns.filter((atMs) => atMs === 0)).toHaveLength(1);
    expect(Math.max(...turns)).toBeLessThanOrEqual(5_000);
  });

  it("is not fetched again so soon where it takes longer to reach all", () => {
    const turnsOf = (viewers: number): number[] =>
      Array.from({ length: 40 }, (_, at) => {
        const electorate = { ...roster, viewers };
        const wanted = wantedOf(copyOf("wave", 40), { askedMs: null, upcoming: true, electorate });
        const { actions, untilMs } = plan(viewOf([wanted], [], { self: peer(at + 1) }));
        return actions.length > 0 ? 0 : untilMs;
      }).filter((atMs) => atMs > 0);
    const [few, many] = [turnsOf(100), turnsOf(10_000)];
    expect(Math.min(...many)).toBeGreaterThan(Math.min(...few) + 1_000);
    expect(Math.max(...many)).toBeLessThanOrEqual(10_000);
  });

  it("is fetched whole, by one, from a server that takes no ranges", () => {
    let fetchers = 0;
    for (let member = 0; member <= 40; member++) {
      const wanted = wantedOf(copyOf("whole", 40), { canSplit: false, electorate: roster });
      const { actions } = plan(viewOf([wanted], crowd.slice(0, 5), { self: peer(member) }));
      for (const action of actions) if (action.kind === "fetch" && action.range === null) fetchers++;
    }
    expect(fetchers).toBe(1);
  });
});

describe("neighbours of other ISPs", () => {
  const holder = (copy: Copy, index: number, sameIsp: boolean): Speaker =>
    neighbourOf(index, { [copy.id]: [0, 1, 2, 3] }, { sameIsp, rateBps: 50_000_000 });
  const nearby = (count: number): Elector[] =>
    Array.from({ length: count }, (_, index) => ({ peerId: peer(index), weight: 50 }));

  it("are not asked for what one of our own has", () => {
    const copy = copyOf("near", 4);
    const wanted = wantedOf(copy, { nearby: nearby(2) });
    const { actions } = plan(viewOf([wanted], [holder(copy, 1, true), holder(copy, 2, false)]));
    expect(actions.map((action) => "peerId" in action && action.peerId)).toEqual([peer(1)]);
  });

  it("are asked for the rest in a while, and at once when time is short", () => {
    const copy = copyOf("far", 4);
    const wanted = wantedOf(copy, { nearby: nearby(2) });
    const both = [neighbourOf(1, {}, { sameIsp: true }), holder(copy, 2, false)];
    const first = plan(viewOf([wanted], both));
    expect(first.actions).toEqual([]);
    expect(first.untilMs).toBeLessThan(4_000);
    expect(kinds(plan(viewOf([wanted], both, { nowMs: 6_000 })).actions)).toEqual(["ask"]);
  });

  it("are asked early for each piece by one viewer of an ISP, by the others only should it not come", () => {
    const copies = [1, 2, 3, 4, 5].map((n) => copyOf(`import${n}`, 4));
    const askedBy = (self: number, nowMs: number): string[] =>
      copies.flatMap((copy) => {
        const far = holder(copy, 9, false);
        const near = [0, 1, 2, 3].filter((index) => index !== self).map((index) => neighbourOf(index));
        const wanted = wantedOf(copy, { nearby: nearby(4), askedMs: null, upcoming: true });
        const { actions } = plan(viewOf([wanted], [far, ...near], { self: peer(self), nowMs }));
        return actions.flatMap((action) =>
          action.kind === "ask" ? action.pieces.map((at) => `${copy.id} ${at}`) : [],
        );
      });
    const early = [0, 1, 2, 3].map((self) => askedBy(self, 2_000));
    expect(early.flat().toSorted()).toEqual(
      copies.flatMap(({ id }) => [0, 1, 2, 3].map((at) => `${id} ${at}`)).toSorted(),
    );
    for (const pieces of early) expect(pieces.length).toBeGreaterThan(0);
    for (const self of [0, 1, 2, 3]) expect(askedBy(self, 5_300)).toHaveLength(20);
  });

  it("are asked at once where there are no others", () => {
    const copy = copyOf("only", 4);
    const wanted = wantedOf(copy, { nearby: nearby(1) });
    expect(kinds(plan(viewOf([wanted], [holder(copy, 2, false)])).actions)).toEqual(["ask"]);
  });
});

describe("when seals end", () => {
  const due = (self: number, more: Partial<PlanSegment> = {}): number => {
    const wanted = wantedOf(copyOf("unsealed", 8, 0, false), { dryMs: 12_000, ...more });
    const view = viewOf([wanted], [], { self: peer(self), sealing: false, sealsStoppedMs: 500, nowMs: 1_000 });
    const { actions, untilMs } = plan(view);
    return kinds(actions).includes("fetch") ? 1_000 : untilMs;
  };

  it("live viewers ask the CDN at moments of their own, all in time", () => {
    const moments = Array.from({ length: 40 }, (_, self) => due(self));
    expect(new Set(moments.map((atMs) => Math.floor(atMs / 1_000))).size).toBeGreaterThan(5);
    expect(Math.max(...moments)).toBeLessThan(11_000);
  });

  it("nobody waits on demand", () => {
    for (let self = 0; self < 10; self++) expect(due(self, { live: false })).toBe(1_000);
  });
});

describe("what a neighbour says", () => {
  const pieces = (first: number, count: number) => [{ first, count }];
  const have = { edition: 7, news: null, complete: false, held: [], coming: [] };

  it("is taken back when pieces it was getting are neither coming nor there", () => {
    const said = new Announcement();
    expect(said.add({ ...have, held: pieces(0, 4), coming: pieces(4, 4) }, 0)).toBe(false);
    expect(said.add({ ...have, held: pieces(4, 2), coming: pieces(6, 2) }, 10)).toBe(false);
    expect(said.add({ ...have, held: pieces(0, 6) }, 20), "pieces 6 and 7").toBe(true);
    expect(said.add({ ...have, held: pieces(8, 1) }, 30), "is said once").toBe(false);
  });

  it("is kept when all came", () => {
    const said = new Announcement();
    said.add({ ...have, coming: pieces(0, 4) }, 0);
    expect(said.add({ ...have, complete: true }, 4_000)).toBe(false);
  });
});

describe("whatever the state", () => {
  const pieceStates = fc.constantFrom("missing", "asked", "coming", "quarantined", "checking", "own", "held");
  const segment = fc.record({
    name: fc.string({ minLength: 1, maxLength: 3 }),
    states: fc.array(pieceStates, { minLength: 1, maxLength: 12 }),
    dryMs: fc.integer({ min: -2_000, max: 20_000 }),
    sealed: fc.boolean(),
    asked: fc.boolean(),
    fetchingSinceMs: fc.option(fc.integer({ min: -5_000, max: 0 })),
  });
  const holding = fc.record({
    pieces: fc.array(fc.nat(11)),
    uploads: fc.boolean(),
    uplink: fc.nat(100),
    rateBps: fc.option(fc.integer({ min: 1, max: 50_000_000 })),
    outstandingBytes: fc.nat(2_000_000),
  });

  it("a plan asks each missing piece of one neighbour that holds it, fetches in time, and looks again later", () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 3 }), fc.array(holding, { maxLength: 5 }), (segments, holdings) => {
        const copies = segments.map((made) => {
          const copy = copyOf(made.name, made.states.length, 0, made.sealed);
          for (const [piece, state] of made.states.entries()) copy.set(piece, state, 0, peer(1));
          copy.cdnSinceMs = made.fetchingSinceMs;
          return copy;
        });
        const wanted = copies.map((copy, at) => {
          const made = segments[at];
          return wantedOf(copy, { askedMs: made?.asked ? 0 : null, dryMs: made?.dryMs ?? 0 });
        });
        const neighbours = holdings.map(({ pieces, ...more }, at) => {
          const held = Object.fromEntries(copies.map((copy) => [copy.id, pieces]));
          return neighbourOf(at + 1, held, more);
        });
        const { actions, untilMs } = plan(viewOf(wanted, neighbours));
        expect(untilMs).toBeGreaterThan(0);
        const askedOnce = new Set<string>();
        for (const action of actions) {
          if (action.kind !== "ask") continue;
          const giver = neighbours.find(({ peerId }) => peerId === action.peerId);
          expect(giver?.uploads).toBe(true);
          for (const piece of action.pieces) {
            expect(action.copy.pieces[piece]?.state).toBe("missing");
            expect(giver?.announced(action.copy.id)?.has(piece)).toBe(true);
            const key = `${copies.indexOf(action.copy)} ${piece}`;
            expect(askedOnce.has(key)).toBe(false);
            askedOnce.add(key);
          }
        }
        for (const { copy, askedMs, dryMs } of wanted) {
          const settled = copy.complete || copy.count("checking", "coming") > 0 || copy.cdnSinceMs !== null;
          if (askedMs === null || dryMs > 0 || settled) continue;
          expect(actions.some((action) => action.kind === "fetch" && action.copy === copy)).toBe(true);
        }
      }),
      { seed: 7, numRuns: 400 },
    );
  });
});

describe("what few around have", () => {
  const old = copyOf("old", 4);
  old.set(0, "held", 0);
  const young = copyOf("young", 4);
  /** Everybody holds the old segment, one the young one, too. */
  const around = Array.from({ length: 10 }, (_, n) => {
    const held = n === 0 ? { [old.id]: [0, 1, 2, 3], [young.id]: [0, 1, 2, 3] } : { [old.id]: [0, 1, 2, 3] };
    return neighbourOf(n + 1, held);
  });
  const nearby = around.map(({ peerId }) => ({ peerId, weight: 50 }));
  /** What is asked of that one where it alone has room: for two pieces. */
  const asked = (dryMs: number, nowMs: number = 1_000): string[] => {
    const free = around.map((one, n) => (n === 0 ? one : { ...one, busyUntilMs: nowMs + 1 }));
    const segments = [
      wantedOf(old, { nearby, dryMs: nowMs + dryMs }),
      wantedOf(young, { nearby, dryMs: nowMs + dryMs + 4_000, askedMs: null, upcoming: true }),
    ];
    const { actions } = plan(viewOf(segments, free, { nowMs }));
    return actions.flatMap((action) => (action.kind === "ask" ? [action.copy.id] : []));
  };

  it("is asked for before what is more urgent and held by many: it has to spread", () => {
    expect(asked(5_000)).toEqual([young.id]);
  });

  it("is not asked for by all at the moment it is heard of: whoever fetched it need not send it to everybody", () => {
    const { actions, untilMs } = plan(viewOf([wantedOf(young, { nearby, dryMs: 8_000 })], around, { nowMs: 1 }));
    expect(kinds(actions)).not.toContain("ask");
    expect(untilMs).toBeLessThan(1_000);
    expect(asked(7_000, 800)).toEqual([young.id]);
  });

  it("waits, where all know each other, from when it was heard of: however long before the segment was known", () => {
    const few = Array.from({ length: 8 }, (_, n) => neighbourOf(n + 1, n === 0 ? { [young.id]: [0, 1, 2, 3] } : {}));
    const { electors } = among(few);
    const asks = (viewers: number): boolean => {
      young.heardMs = 2_000;
      const wanted = wantedOf(young, {
        nearby: electors,
        electorate: { named: false, electors, viewers },
        dryMs: 12_000,
      });
      return kinds(plan(viewOf([wanted], few, { nowMs: 2_001 })).actions).includes("ask");
    };
    expect(asks(9)).toBe(false);
    expect(asks(900)).toBe(true);
    young.heardMs = null;
  });

  it("waits where a buffer is about to run dry", () => {
    expect(asked(1_900)).toContain(old.id);
  });

  it("is asked for up to what the device affords, and no further while that is on its way", () => {
    const pieces = (mostAskedBytes: number, outstandingBytes: number): number => {
      const asking = around.map((neighbour, n) => (n === 0 ? { ...neighbour, outstandingBytes } : neighbour));
      const { actions } = plan(viewOf([wantedOf(copyOf("old", 4))], asking, { nowMs: 1_000, mostAskedBytes }));
      return actions.reduce((sum, action) => sum + (action.kind === "ask" ? action.pieces.length : 0), 0);
    };
    expect(pieces(Number.POSITIVE_INFINITY, 0)).toBe(4);
    expect(pieces(2 * 65_536, 0)).toBe(2);
    expect(pieces(2 * 65_536, 2 * 65_536)).toBe(0);
  });

  it("is not asked of somebody who just said that it is busy", () => {
    const busy = around.map((neighbour, n) => (n === 0 ? { ...neighbour, busyUntilMs: 100 } : neighbour));
    const { actions } = plan(viewOf([wantedOf(young)], busy, { nowMs: 50 }));
    expect(kinds(actions)).not.toContain("ask");
    expect(kinds(plan(viewOf([wantedOf(young)], busy, { nowMs: 150 })).actions)).toContain("ask");
  });
});
