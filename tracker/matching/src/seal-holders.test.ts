import type { PeerId, SegmentId } from "@shoal/protocol";
import { expect, it } from "vitest";
import { holdersOf, sealHolders } from "./seal-holders.ts";

const peer = (n: number): PeerId => (n * 0x9e3779b1).toString(16).padStart(32, "0") as PeerId;
const segment = "00000000deadbeef" as SegmentId;
const viewers = Array.from({ length: 50 }, (_, n) => ({ peerId: peer(n), isp: n % 2 ? "a" : "b" }));
const nobody = () => false;
const four = () => 4;

it("is given to as many of each ISP as it is to have", () => {
  const chosen = sealHolders(segment, viewers, (isp) => (isp === "a" ? 3 : 1), nobody, nobody);
  const of = (isp: string) => viewers.filter((viewer) => viewer.isp === isp && chosen.includes(viewer.peerId));
  expect([of("a").length, of("b").length]).toEqual([3, 1]);
});

it("has four holders at least of each track, one for a hundred viewers of a cluster, and four of a cluster at most", () => {
  expect([1, 2, 3, 4, 50].map((clusters) => holdersOf(10, clusters))).toEqual([4, 2, 2, 1, 1]);
  expect([100, 101, 250, 400, 100_000].map((viewers) => holdersOf(viewers, 8))).toEqual([1, 2, 3, 4, 4]);
});

it("gives it to who announced the segment before anybody else", () => {
  expect(sealHolders(segment, viewers, four, nobody, (peerId) => peerId === peer(7))).toContain(peer(7));
});

it("gives no more once four have it, and fills up when one of them leaves", () => {
  const first = new Set(sealHolders(segment, viewers, four, nobody, nobody));
  expect(sealHolders(segment, viewers, four, (peerId) => first.has(peerId), nobody)).toEqual([]);
  const gone = [...first][0];
  const left = viewers.filter((viewer) => viewer.peerId !== gone);
  expect(sealHolders(segment, left, four, (peerId) => first.has(peerId), nobody)).toHaveLength(1);
});
