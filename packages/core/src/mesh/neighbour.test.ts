import type { PeerId } from "@shoal/protocol";
import { expect, it } from "vitest";
import { Hearsay } from "./hearsay.ts";
import { Neighbour } from "./neighbour.ts";

const PIECE_BYTES = 65_536;

function neighbourOf(): Neighbour {
  const link = { queuedBytes: 0, signal: () => {}, close: () => {}, send: () => true };
  return new Neighbour("a".repeat(32) as PeerId, link, true, new Hearsay());
}

it("its rate is what pieces took since they were asked for", () => {
  const neighbour = neighbourOf();
  neighbour.asked(PIECE_BYTES, 1_000);
  neighbour.received(PIECE_BYTES, 1_400);
  neighbour.pieceDone(1_400);
  expect(neighbour.rateBps).toBeCloseTo((PIECE_BYTES * 8_000) / 400);
});

it("who never finishes a piece is not taken for a fast one: what was given up would have come at that rate at most", () => {
  const neighbour = neighbourOf();
  neighbour.asked(2 * PIECE_BYTES, 1_000);
  neighbour.received(10_000, 2_000);
  expect(neighbour.rateBps).toBe(null);
  neighbour.released(PIECE_BYTES - 10_000, true, 3_000);
  const rateBps = neighbour.rateBps ?? 0;
  expect(rateBps).toBeCloseTo((PIECE_BYTES * 8_000) / 2_000);
  neighbour.released(PIECE_BYTES, true, 3_000);
  expect(neighbour.rateBps, "the second of those given up together says no more").toBe(rateBps);
  expect(neighbour.outstandingBytes).toBe(0);
});

it("what is not its fault says nothing of its rate", () => {
  const neighbour = neighbourOf();
  neighbour.asked(PIECE_BYTES, 1_000);
  neighbour.released(PIECE_BYTES, false, 9_000);
  expect(neighbour.rateBps).toBe(null);
  expect(neighbour.lateness).toBe(0);
});
