import { expect, it } from "vitest";
import { ShardMap } from "./shard-map.ts";

const SETTINGS = { divideFrom: 3_000, shardViewers: 4_000, planned: {} };
const keys = (map: ShardMap, isp: string, viewers: number = 2_000): Set<string> =>
  new Set(Array.from({ length: viewers }, (_, n) => map.keyOf("live/a", isp, `viewer ${n}`)));

it("keeps a small swarm on one key, whatever its ISPs", () => {
  const map = new ShardMap(SETTINGS);
  map.sized(
    "live/a",
    new Map([
      ["x", 2_000],
      ["y", 999],
    ]),
  );
  expect(keys(map, "x")).toEqual(new Set(["live/a"]));
  expect(keys(map, "y")).toEqual(new Set(["live/a"]));
});

it("divides a large one by ISP, and large ISPs into buckets of some thousand viewers", () => {
  const map = new ShardMap(SETTINGS);
  map.sized(
    "live/a",
    new Map([
      ["big", 60_000],
      ["mid", 5_000],
      ["small", 100],
      ["tiny", 3],
    ]),
  );
  expect(keys(map, "big").size).toBe(16);
  expect(keys(map, "mid").size).toBe(2);
  expect(keys(map, "small")).toEqual(keys(map, "tiny"));
  expect(keys(map, "small").size).toBe(1);
  expect(keys(map, "never seen")).toEqual(keys(map, "tiny"));
});

it("only grows while the swarm lives, and doubles: half of the viewers keep their key", () => {
  const map = new ShardMap(SETTINGS);
  map.sized("live/a", new Map([["big", 30_000]]));
  const before = Array.from({ length: 1_000 }, (_, n) => map.keyOf("live/a", "big", `${n}`));
  map.sized("live/a", new Map([["big", 60_000]]));
  const after = Array.from({ length: 1_000 }, (_, n) => map.keyOf("live/a", "big", `${n}`));
  const kept = after.filter((key, at) => key === before[at]).length;
  expect(kept).toBeGreaterThan(420);
  expect(kept).toBeLessThan(580);
  map.sized("live/a", new Map([["big", 10]]));
  expect(keys(map, "big").size).toBe(16);
  map.sized("live/a", new Map());
  expect(keys(map, "big")).toEqual(new Set(["live/a"]));
});

it("spreads evenly", () => {
  const map = new ShardMap(SETTINGS);
  map.sized("live/a", new Map([["big", 30_000]]));
  const counts = new Map<string, number>();
  for (let n = 0; n < 8_000; n++) {
    const key = map.keyOf("live/a", "big", n.toString(16).padStart(32, "0"));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(8);
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});

it("is divided from the first viewer on where the operator said so", () => {
  const map = new ShardMap({ ...SETTINGS, planned: { "live/a": 32 } });
  expect(keys(map, "any").size).toBe(8);
  map.sized(
    "live/a",
    new Map([
      ["big", 500],
      ["other", 500],
    ]),
  );
  expect(keys(map, "big").size).toBe(16);
  expect(keys(map, "other").size).toBe(16);
  expect(map.keyOf("constructor", "x", "y")).toBe("constructor");
});
