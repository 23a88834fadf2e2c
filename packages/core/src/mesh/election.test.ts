import { type PeerId, segmentIdOf } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { electionRank } from "./election.ts";

const peers = Array.from({ length: 12 }, (_, n) => (segmentIdOf(`${n}`) + segmentIdOf(`${n}'`)) as PeerId);

describe("the election", () => {
  it("gives everybody another rank, the same whoever computes it", () => {
    for (let n = 0; n < 50; n++) {
      const segment = segmentIdOf(`seg-${n}`);
      const ranks = peers.map((self) =>
        electionRank(
          segment,
          self,
          peers.filter((other) => other !== self),
        ),
      );
      expect([...ranks].sort((a, b) => a - b)).toEqual(peers.map((_, at) => at));
    }
  });

  it("lets everybody fetch about equally often", () => {
    const wins = new Map<PeerId, number>();
    const rounds = 6000;
    for (let n = 0; n < rounds; n++) {
      const segment = segmentIdOf(`v1080/seg-${n}.m4s`);
      const winner = peers.find(
        (self) =>
          electionRank(
            segment,
            self,
            peers.filter((other) => other !== self),
          ) === 0,
      );
      if (winner) wins.set(winner, (wins.get(winner) ?? 0) + 1);
    }
    for (const peer of peers) {
      expect(wins.get(peer)).toBeGreaterThan((0.8 * rounds) / peers.length);
      expect(wins.get(peer)).toBeLessThan((1.2 * rounds) / peers.length);
    }
  });
});
