import { expect, it } from "vitest";
import { areMarksDue, DeletionOrder } from "./deletion-order.ts";

const AT_FLOOR = { ready: 10, floor: 10, nextFloor: 10, markedMs: null, nowMs: 1_000_000, everyMs: 60_000 };

it("pods are marked before each step, and every so often while there are more of them than the floor", () => {
  expect(areMarksDue(AT_FLOOR)).toBe(false);
  expect(areMarksDue({ ...AT_FLOOR, nextFloor: 9, markedMs: 999_999 })).toBe(true);
  expect(areMarksDue({ ...AT_FLOOR, nextFloor: 12 })).toBe(false);
  const surplus = { ...AT_FLOOR, ready: 11 };
  expect(areMarksDue(surplus)).toBe(true);
  expect(areMarksDue({ ...surplus, markedMs: 940_001 })).toBe(false);
  expect(areMarksDue({ ...surplus, markedMs: 940_000 })).toBe(true);
  expect(areMarksDue({ ...surplus, markedMs: 5_000_000 })).toBe(true);
});

it("only a mark that changes is written, and a pod that has gone keeps none of the others from theirs", async () => {
  const written: [string, number][] = [];
  const order = new DeletionOrder({
    setDeletionCost: async (pod, cost) => {
      if (pod === "gone") throw new Error("It is not there.");
      written.push([pod, cost]);
    },
  });
  const pod = (name: string, deletionCost: number | null) => ({ name, ip: "", isReady: true, deletionCost });
  const pods = [pod("gone", null), pod("same", 7), pod("more", 7), pod("empty", null), pod("left", 7), pod("mute", 7)];
  const sockets = new Map(Object.entries({ gone: 1, same: 7, more: 8, empty: 0, left: 0 }));
  expect(order.markedMs("a")).toBeNull();
  await order.mark("a", pods, sockets, 5);
  expect(written).toEqual([
    ["more", 8],
    ["left", 0],
  ]);
  expect([order.markedMs("a"), order.markedMs("b")]).toEqual([5, null]);
});
