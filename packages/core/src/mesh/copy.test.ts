import { describe, expect, it } from "vitest";
import { copyOf } from "../testing/plans.fixture.ts";
import { Announcement } from "./copy.ts";

describe("a copy", () => {
  it("counts what is here, whoever sent it, parts of pieces included", () => {
    const copy = copyOf("c", 4);
    copy.set(0, "held", 0);
    copy.set(1, "own", 0);
    copy.set(2, "asked", 0);
    Object.assign(copy.pieces[2] ?? {}, { receivedBytes: 1_000 });
    expect([copy.hereBytes, copy.isMostHere]).toEqual([2 * 65_536 + 1_000, true]);
    copy.set(2, "missing", 0);
    expect([copy.hereBytes, copy.isMostHere]).toEqual([2 * 65_536, false]);
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
