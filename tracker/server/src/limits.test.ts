import type { PeerId } from "@shoal/protocol";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { AddressLimit } from "./address-limit.ts";
import { Convictions } from "./convictions.ts";
import { Introductions } from "./introductions.ts";
import { RateLimit } from "./rate-limit.ts";

vi.setConfig({ testTimeout: 30_000 });
const peer = (n: number): PeerId => n.toString(16).padStart(32, "0") as PeerId;

it("a viewer may send a burst, then its rate", () => {
  const limit = new RateLimit(10, 5, 0);
  expect([1, 2, 3, 4, 5, 6].map(() => limit.take(0))).toEqual([true, true, true, true, true, false]);
  expect([limit.take(100), limit.take(100)]).toEqual([true, false]);
  expect(limit.take(100_000, 5)).toBe(true);
  expect(limit.take(100_000)).toBe(false);
});

it("counts the sockets of a household or an office, forgets it with the last, and holds no address", () => {
  const limit = new AddressLimit(2);
  const key = limit.keyOf("203.0.113.9");
  expect(key).not.toContain("203");
  expect(limit.keyOf("::ffff:203.0.113.9")).toBe(key);
  expect(limit.keyOf("2001:db8:0:1::1")).toBe(limit.keyOf("2001:db8:0:1::2"));
  limit.enter(key);
  expect(limit.isFull(key)).toBe(false);
  limit.enter(key);
  expect(limit.isFull(key)).toBe(true);
  limit.leave(key);
  limit.leave(key);
  expect(limit.size).toBe(0);
  expect(new AddressLimit(2).keyOf("203.0.113.9")).not.toBe(key);
});

it("introductions hold in both directions and are bounded", () => {
  const step = fc.record({ leaves: fc.boolean(), a: fc.nat(12), b: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const introductions = new Introductions(4);
      for (const { leaves, a, b } of steps) {
        if (leaves) introductions.forget(peer(a));
        else if (a !== b) introductions.introduce(peer(a), peer(b));
        if (!leaves && a !== b && !introductions.know(peer(a), peer(b))) return false;
        for (let i = 0; i <= 12; i++) {
          for (let j = 0; j <= 12; j++) {
            if (introductions.know(peer(i), peer(j)) !== introductions.know(peer(j), peer(i))) return false;
          }
        }
        if (introductions.size > 4 * 13) return false;
      }
      return true;
    }),
    { seed: 1 },
  );
});

it("who leaves takes along whom it was introduced to", () => {
  const introductions = new Introductions();
  introductions.introduce(peer(1), peer(2));
  introductions.introduce(peer(3), peer(1));
  introductions.forget(peer(1));
  expect(introductions.know(peer(1), peer(2))).toBe(false);
  introductions.forget(peer(3));
  expect(introductions.size).toBe(0);
});

it("three different viewers convict, one that repeats itself does not", () => {
  const convictions = new Convictions();
  for (let n = 0; n < 10; n++) expect(convictions.report(peer(1), peer(9))).toBe(false);
  expect(convictions.report(peer(2), peer(9))).toBe(false);
  expect(convictions.isConvicted(peer(9))).toBe(false);
  expect(convictions.report(peer(3), peer(9))).toBe(true);
  expect(convictions.report(peer(4), peer(9))).toBe(false);
  expect(convictions.isConvicted(peer(9))).toBe(true);
});
