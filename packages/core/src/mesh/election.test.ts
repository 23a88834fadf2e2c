import { type PeerId, segmentIdOf } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { type Elector, electionRank, stripePieces, suppressedDelay } from "./election.ts";

const peers = Array.from({ length: 12 }, (_, n) => (segmentIdOf(`${n}`) + segmentIdOf(`${n}'`)) as PeerId);
const equals: readonly Elector[] = peers.map((peerId) => ({ peerId, weight: 50 }));

/** How often each viewer is first, over many segments. */
function wins(electors: readonly Elector[], rounds: number): number[] {
  const counts = electors.map(() => 0);
  for (let n = 0; n < rounds; n++) {
    const segment = segmentIdOf(`v1080/seg-${n}.m4s`);
    const winner = electors.findIndex(({ peerId }) => electionRank(segment, n % 16, peerId, electors) === 0);
    counts[winner] = (counts[winner] ?? 0) + 1;
  }
  return counts;
}

describe("the election", () => {
  it("gives everybody another rank, the same whoever computes it, in whatever order", () => {
    const mixed = equals.map(({ peerId }, at) => ({ peerId, weight: 1 + 20 * at }));
    for (let n = 0; n < 50; n++) {
      const segment = segmentIdOf(`seg-${n}`);
      const ranks = peers.map((self) => electionRank(segment, n, self, mixed));
      expect([...ranks].sort((a, b) => a - b)).toEqual(peers.map((_, at) => at));
      expect(peers.map((self) => electionRank(segment, n, self, mixed.toReversed()))).toEqual(ranks);
    }
  });

  it("does not know who is no elector", () => {
    expect(electionRank(segmentIdOf("a"), 0, "f".repeat(32) as PeerId, equals)).toBe(-1);
  });

  it("lets equals fetch about equally often", () => {
    for (const count of wins(equals, 6000)) {
      expect(count).toBeGreaterThan(400);
      expect(count).toBeLessThan(600);
    }
  });

  it("lets a viewer of twice the uplink fetch four times as often", () => {
    const [fast = 0, ...others] = wins(
      equals.map((elector, at) => (at === 0 ? { ...elector, weight: 100 } : elector)),
      6000,
    );
    const mean = others.reduce((sum, count) => sum + count, 0) / others.length;
    expect(fast / mean).toBeGreaterThan(3.3);
    expect(fast / mean).toBeLessThan(4.7);
  });

  it("leaves most segments with their fetcher when one of many leaves", () => {
    const fewer = equals.slice(1);
    for (let n = 0; n < 200; n++) {
      const segment = segmentIdOf(`s${n}`);
      const first = equals.find(({ peerId }) => electionRank(segment, 0, peerId, equals) === 0);
      if (first === equals[0]) continue;
      expect(electionRank(segment, 0, first?.peerId ?? peers[0] ?? ("" as PeerId), fewer)).toBe(0);
    }
  });
});

describe("the stripes of a segment", () => {
  it("are one for a small segment or few viewers, and at most thirty-two", () => {
    expect(stripePieces(6, 1000)).toBe(6);
    expect(stripePieces(40, 6)).toBe(40);
    expect(stripePieces(40, 40)).toBe(5);
    expect(stripePieces(40, 100)).toBe(2);
    expect(stripePieces(400, 10_000)).toBe(13);
  });
});

describe("delays of many who may all do one thing", () => {
  it("are early for few of them, however many there are", () => {
    for (const viewers of [10, 100, 1000, 10_000]) {
      let early = 0;
      for (let n = 0; n < viewers; n++) {
        const peerId = (segmentIdOf(`${n}`) + segmentIdOf(`${n}'`)) as PeerId;
        const delay = suppressedDelay(segmentIdOf("x"), 3, peerId, viewers);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(1);
        if (delay < 0.25) early++;
      }
      expect(early).toBeLessThan(0.5 * viewers ** 0.8);
    }
  });
});
