import type { PeerId, SegmentId } from "@shoal/protocol";
import { expect, it } from "vitest";
import { HOLDERS_PER_CLUSTER, sealHolders } from "./seal-holders.ts";

const peer = (n: number): PeerId => (n * 0x9e3779b1).toString(16).padStart(32, "0") as PeerId;
const segment = "00000000deadbeef" as SegmentId;
const viewers = Array.from({ length: 50 }, (_, n) => ({ peerId: peer(n), isp: n % 2 ? "a" : "b" }));
const nobody = () => false;

it("gives a seal to at most four viewers of each ISP", () => {
  const chosen = sealHolders(segment, viewers, nobody, nobody);
  expect(chosen).toHaveLength(2 * HOLDERS_PER_CLUSTER);
  for (const isp of ["a", "b"]) {
    expect(viewers.filter((viewer) => viewer.isp === isp && chosen.includes(viewer.peerId))).toHaveLength(4);
  }
});

it("gives it to who announced the segment before anybody else", () => {
  expect(sealHolders(segment, viewers, nobody, (peerId) => peerId === peer(7))).toContain(peer(7));
});

it("gives no more once four have it, and fills up when one of them leaves", () => {
  const first = new Set(sealHolders(segment, viewers, nobody, nobody));
  expect(sealHolders(segment, viewers, (peerId) => first.has(peerId), nobody)).toEqual([]);
  const gone = [...first][0];
  const left = viewers.filter((viewer) => viewer.peerId !== gone);
  expect(sealHolders(segment, left, (peerId) => first.has(peerId), nobody)).toHaveLength(1);
});
