import { MAX_PIECES } from "@shoal/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PieceSet } from "./piece-set.ts";

const range = fc.record({ first: fc.nat(300), count: fc.nat(300) });
const inside = (first: number, count: number, piece: number): boolean => piece >= first && piece < first + count;

describe("a set of pieces", () => {
  it("holds what was added, whatever a peer claims, and nothing beyond the last possible piece", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), (ranges) => {
        const set = new PieceSet();
        set.add(ranges);
        for (let piece = 0; piece < MAX_PIECES + 40; piece++) {
          const added = piece < MAX_PIECES && ranges.some(({ first, count }) => inside(first, count, piece));
          expect(set.has(piece)).toBe(added);
        }
        expect(set.hasAll(ranges)).toBe(true);
        const all: number[] = [];
        expect(set.every((piece) => all.push(piece) > 0)).toBe(true);
        expect(all.every((piece) => set.has(piece))).toBe(true);
        expect(all.length).toBe(Array.from({ length: MAX_PIECES }, (_, at) => set.has(at)).filter(Boolean).length);
        set.clear();
        expect(set.isEmpty).toBe(true);
      }),
      { seed: 1 },
    );
  });
});
