import type { PeerId, SegmentId, TrackId } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { SealShelf } from "./seal-shelf.ts";

const viewer = (n: number, isp = "a") => ({ peerId: n.toString(16).padStart(32, "0") as PeerId, isp });
const segment = (n: number): SegmentId => n.toString(16).padStart(16, "0") as SegmentId;
const track = "0000000000000001" as TrackId;
const sealOf = (n: number, seal = `seal ${n}`) => ({ segmentId: segment(n), trackIds: [track], seal });

function shelfOf(count: number): SealShelf {
  const shelf = new SealShelf();
  for (let n = 0; n < count; n++) shelf.enter(viewer(n), [track]);
  return shelf;
}

describe("a seal", () => {
  it("goes to four of a cluster, and to nobody else when it comes again", () => {
    const shelf = shelfOf(10);
    expect(shelf.put(sealOf(1))).toHaveLength(4);
    expect(shelf.put(sealOf(1))).toHaveLength(0);
  });

  it("goes to one of each small cluster where a track has many, and to more of a large one", () => {
    const shelf = new SealShelf();
    const isps = ["a", "b", "c", "d", "e"];
    for (let n = 0; n < 350; n++) shelf.enter(viewer(n, n < 300 ? "large" : isps[n % 5]), [track]);
    const chosen = shelf.put(sealOf(1));
    expect(chosen).toHaveLength(3 + 5);
    expect(new Set(chosen).size).toBe(8);
    expect(shelf.topUp(viewer(301, isps[301 % 5]), [track]).length + chosen.length).toBeLessThanOrEqual(8);
  });

  it("that replaces another of the same segment is given out anew", () => {
    const shelf = shelfOf(10);
    shelf.put(sealOf(1));
    expect(shelf.put(sealOf(1, "newer"))).toHaveLength(4);
  });

  it("goes to who announced the segment first, though thousands are on the track", () => {
    const shelf = shelfOf(3_000);
    const asking = [2_990, 2_995].map((n) => viewer(n));
    for (const one of asking) shelf.news(one, segment(1), 0);
    expect(shelf.put(sealOf(1))).toEqual(expect.arrayContaining(asking.map((one) => one.peerId)));
  });
});

describe("a viewer", () => {
  it("that is the first of its cluster is given the window, the fifth nothing", () => {
    const shelf = new SealShelf();
    for (let n = 1; n <= 6; n++) shelf.put(sealOf(n));
    const given = [0, 1, 2, 3, 4].map((n) => {
      shelf.enter(viewer(n), [track]);
      return shelf.topUp(viewer(n), [track]).length;
    });
    expect(given).toEqual([6, 6, 6, 6, 0]);
  });

  it("takes the place of a holder that left", () => {
    const shelf = shelfOf(5);
    const holders = shelf.put(sealOf(1));
    const without = [0, 1, 2, 3, 4].map((n) => viewer(n)).find(({ peerId }) => !holders.includes(peerId));
    if (!without) throw new Error("All five hold it.");
    expect(shelf.topUp(without, [track])).toEqual([]);
    const holder = holders[0] ?? ("" as PeerId);
    shelf.leave({ peerId: holder, isp: "a" }, [track], true);
    expect(shelf.topUp(without, [track])).toHaveLength(1);
  });

  it("that announces a segment makes the sealer look once, however many announce it", () => {
    const shelf = shelfOf(100);
    const told = Array.from({ length: 100 }, (_, n) => shelf.news(viewer(n), segment(1), n).tellSealer);
    expect(told.filter(Boolean)).toHaveLength(1);
    expect(shelf.news(viewer(1), segment(1), 1_000).tellSealer).toBe(true);
  });

  it("that announces a segment sealed ahead of it moves the sealer on", () => {
    const shelf = shelfOf(6);
    shelf.put(sealOf(1));
    expect(shelf.news(viewer(1), segment(1), 0).tellSealer).toBe(true);
    expect(shelf.news(viewer(2), segment(1), 5_000).tellSealer).toBe(false);
  });
});

it("keeps a bounded number of seals for each track", () => {
  const shelf = shelfOf(2);
  for (let n = 1; n <= 500; n++) shelf.put(sealOf(n));
  expect(shelf.size).toBe(32);
  expect(shelf.topUp(viewer(9, "z"), [track])).toHaveLength(32);
});
