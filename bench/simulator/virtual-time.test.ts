import { expect, test } from "vitest";
import { Random } from "./random.ts";
import { VirtualTime } from "./virtual-time.ts";

test("events happen in order of their time, and of being set where that is equal", async () => {
  const time = new VirtualTime();
  const random = new Random("order");
  const happened: [atMs: number, order: number][] = [];
  for (let order = 0; order < 5000; order++) {
    const atMs = random.below(500);
    time.after(atMs, () => happened.push([time.now(), order]));
  }
  await time.run(1000);
  expect(happened).toHaveLength(5000);
  const sorted = happened.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  expect(happened).toEqual(sorted);
  expect(time.now()).toBe(1000);
});

test("what is cancelled does not happen, before or after its time", async () => {
  const time = new VirtualTime();
  const happened: string[] = [];
  const cancel = time.after(10, () => happened.push("cancelled"));
  const late = time.after(5, () => happened.push("kept"));
  time.after(6, () => late());
  cancel();
  await time.run(20);
  expect(happened).toEqual(["kept"]);
  expect(time.events).toBe(2);
});

test("promises settle before time goes on, however long their chain", async () => {
  const time = new VirtualTime();
  const settledMs: number[] = [];
  const chain = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
    settledMs.push(time.now());
  };
  for (const atMs of [1, 2, 3]) time.after(atMs, () => void chain());
  await time.run(10);
  expect(settledMs).toEqual([1, 2, 3]);
});

test("time stops where it was told to, and goes on from there", async () => {
  const time = new VirtualTime();
  const happened: number[] = [];
  const every = (): void => {
    happened.push(time.now());
    time.after(10, every);
  };
  time.after(10, every);
  await time.run(20);
  expect(happened).toEqual([10, 20]);
  await time.run(45);
  expect(happened).toEqual([10, 20, 30, 40]);
});

test("an event that throws ends the run with its error", async () => {
  const time = new VirtualTime();
  time.after(5, () => {
    throw new Error("broken");
  });
  await expect(time.run(10)).rejects.toThrow("broken");
  expect(time.now()).toBe(5);
});
