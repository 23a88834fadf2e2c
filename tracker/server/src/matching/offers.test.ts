import type { PeerId } from "@shoal/protocol";
import { expect, it } from "vitest";
import { ANSWER_WITHIN_MS, Offers } from "./offers.ts";

const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(32) as PeerId) as [PeerId, PeerId, PeerId];

it("tells who left an offer without an answer, once, and nobody else", () => {
  const offers = new Offers();
  offers.relayed(a, b, 1, 0);
  offers.relayed(a, b, 1, 100); // more of the same offer
  offers.relayed(a, c, 2, 200);
  offers.relayed(b, a, 1, 900); // b's answer
  expect(offers.expire(ANSWER_WITHIN_MS - 1)).toEqual([]);
  expect(offers.expire(ANSWER_WITHIN_MS + 200)).toEqual([c]);
  expect(offers.expire(10 * ANSWER_WITHIN_MS)).toEqual([]);
  expect(offers.size).toBe(0);
});
