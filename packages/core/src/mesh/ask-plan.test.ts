import type { PeerId } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { among, copyOf, kinds, neighbourOf, peer, type Speaker, viewOf, wantedOf } from "../testing/plans.fixture.ts";
import { Announcement, type Copy } from "./copy.ts";
import type { Elector } from "./election.ts";
import { plan } from "./planner.ts";

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
