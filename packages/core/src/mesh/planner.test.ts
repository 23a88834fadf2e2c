import { type PeerId, PIECE_SHIFT } from "@shoal/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { among, copyOf, kinds, neighbourOf, peer, viewOf, wantedOf } from "../testing/plans.fixture.ts";
import { Announcement, type Copy } from "./copy.ts";
import { type Electorate, electionRank } from "./election.ts";
import { latestFetchMs } from "./fetch-plan.ts";
import { type PlanAction, type PlanNeighbour, type PlanSegment, plan } from "./planner.ts";

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

describe("where less than a segment is in the buffer", () => {
  const others = [neighbourOf(1), neighbourOf(2), neighbourOf(3)];
  const inTrouble = copyOf("hurried", 4);
  inTrouble.set(0, "held", 0);
  const holder = neighbourOf(4, { [inTrouble.id]: [1, 2, 3] });
  const hurried = (dryMs: number): PlanSegment => wantedOf(inTrouble, { dryMs });

  it("nothing is fetched for the others: our line is not for their sake", () => {
    const later = wantedOf(segmentOfRank(0, others), { electorate: among(others), dryMs: 9_000 });
    const fetches = (dryMs: number): unknown[] =>
      plan(viewOf([hurried(dryMs), later], [...others, holder])).actions.filter(({ kind }) => kind === "fetch");
    expect(fetches(4_500)).toMatchObject([{ copy: later.copy }]);
    expect(fetches(3_900)).toEqual([]);
  });

  it("nothing later is asked for while the CDN sends what is missing, or little time is left", () => {
    const later = copyOf("later", 2);
    const rich = neighbourOf(5, { [later.id]: [0, 1] }, { rateBps: 50_000_000 });
    const isAsked = (dryMs: number): boolean => {
      const segments = [hurried(dryMs), wantedOf(later, { dryMs: dryMs + 4_000, askedMs: null, upcoming: true })];
      const { actions } = plan(viewOf(segments, [rich, neighbourOf(4)]));
      return actions.some((action) => action.kind === "ask" && action.copy === later);
    };
    expect([3_900, 1_900].map(isAsked)).toEqual([true, false]);
    inTrouble.set(1, "coming", 0);
    expect([4_100, 3_900].map(isAsked)).toEqual([true, false]);
    inTrouble.set(1, "missing", 0);
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

  it("is one range, over all that is missing, while nobody knows whether the server takes several", () => {
    const copy = copyOf("first", 8);
    for (const piece of [0, 2, 3, 4, 7]) copy.set(piece, "held", 0);
    const ranges = (gaveRanges: boolean): unknown[] =>
      plan(viewOf([wantedOf(copy, { dryMs: 1_200, gaveRanges })], [neighbourOf(1)])).actions.map(
        (action) => action.kind === "fetch" && action.range && [action.range.first / 65_536, action.range.last],
      );
    expect(ranges(true)).toEqual([
      [1, 2 * 65_536 - 1],
      [5, 7 * 65_536 - 1],
    ]);
    expect(ranges(false)).toEqual([[1, 7 * 65_536 - 1]]);
  });

  it("comes before the player takes what it hears nothing of for lost, however long its buffer lasts", () => {
    const copy = copyOf("lost", 4);
    copy.set(0, "held", 0);
    const busy = neighbourOf(1, { [copy.id]: [1, 2, 3] }, { busyUntilMs: 3_000 });
    const kindsAt = (nowMs: number): string[] =>
      kinds(plan(viewOf([wantedOf(copy, { lostMs: 2_000 })], [busy], { nowMs })).actions);
    expect([1_990, 2_000].map(kindsAt)).toEqual([[], ["fetch"]]);
    for (const piece of [1, 2]) copy.set(piece, "held", 0);
    expect(kindsAt(2_000)).toEqual([]);
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
