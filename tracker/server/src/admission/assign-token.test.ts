import { expect, it } from "vitest";
import { AssignTokens } from "./assign-token.ts";

it("is good for its shard, at every pod with the secret, for a minute after the turn", () => {
  const token = new AssignTokens("secret").sign("live/a", 100_000);
  const other = new AssignTokens("secret");
  expect(other.verify("live/a", token, 100_000)).toBe(true);
  expect(other.verify("live/a", token, 160_000)).toBe(true);
  expect(other.verify("live/a", token, 160_001)).toBe(false);
  expect(other.verify("live/b", token, 100_000)).toBe(false);
  expect(new AssignTokens("").verify("live/a", token, 100_000)).toBe(false);
});

it("takes nothing else", () => {
  const tokens = new AssignTokens("secret");
  const [end = "", signature = ""] = tokens.sign("s", 100_000).split(".");
  for (const token of [
    "",
    ".",
    end,
    `${end}.`,
    `.${signature}`,
    `zzzzzzz.${signature}`,
    `${end}.${signature}AA`,
    `${end}.AAAA`,
  ]) {
    expect(tokens.verify("s", token, 0)).toBe(false);
  }
});
