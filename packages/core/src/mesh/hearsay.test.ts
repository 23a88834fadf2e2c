import { type PeerId, segmentIdOf } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { Hearsay } from "./hearsay.ts";
import { Neighbour } from "./neighbour.ts";

const A = segmentIdOf("a");
const B = segmentIdOf("b");
const link = { queuedBytes: 0, signal: () => {}, close: () => {}, send: () => true };

describe("hearsay", () => {
  it("finds by segment who said something of it, until they take it back or are gone", () => {
    const hearsay = new Hearsay();
    const [one, two] = ["1", "2"].map((n) => new Neighbour(n.repeat(32) as PeerId, link, true, hearsay));
    if (!one || !two) throw new Error("There are two.");
    one.announcement(A);
    two.announcement(A).complete = true;
    two.announcement(B);
    expect(hearsay.of(A).map(({ neighbour, said }) => [neighbour, said.hasAny])).toEqual([
      [one, false],
      [two, true],
    ]);
    one.forget(A);
    expect(hearsay.of(A).length).toBe(1);
    two.forgetAll();
    expect([...hearsay.of(A), ...hearsay.of(B)]).toEqual([]);
  });
});
