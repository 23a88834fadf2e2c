import { expect, test } from "vitest";
import { Egress, fairShares } from "./egress.ts";

test("bytes are counted in the seconds in which they went out", () => {
  const egress = new Egress();
  egress.add(500, 2500, 1000);
  egress.add(1200, 1300, 50);
  expect(egress.perSecond(4)).toEqual([250, 550, 250, 0]);
});

test("a limited rate is shared equally, and what one cannot use goes to the others", () => {
  expect(fairShares([10, 2, 10], 12)).toEqual([5, 2, 5]);
  expect(fairShares([1, 2, 3], 100)).toEqual([1, 2, 3]);
});
