import { expect, it } from "vitest";
import { aloneOf, PLAYERS, setUpOf } from "./players.ts";

it("compares a start-up with that of the same player alone", () => {
  const alone = PLAYERS.map((player) => [player, aloneOf(setUpOf(player, "ordinary"), 6)]);
  expect(Object.fromEntries(alone)).toMatchObject({ shoal: "plain", p2pml: "plain", "shoal-dash": "dash" });
  expect(aloneOf(setUpOf("shoal-mixed", "ordinary"), 6)).toBe("plain");
  expect(aloneOf(setUpOf("shoal-mixed", "ordinary"), 7)).toBe("dash");
});
