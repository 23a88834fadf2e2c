import { expect, test } from "vitest";
import { Cdn } from "./cdn.ts";
import { populate } from "./population.ts";
import { LiveStream } from "./stream.ts";
import { VirtualTime } from "./virtual-time.ts";

const SEGMENT_BYTES = 2_000_000;
const people = populate({
  viewers: 10,
  seed: 1,
  isps: 1,
  join: "flash",
  churn: 0,
  devices: "desktop",
  lines: "field",
  uplinkBudget: null,
  bitrateBps: 4_000_000,
  runMs: 60_000,
});

function open() {
  const clock = new VirtualTime();
  const stream = new LiveStream(clock, { segmentMs: 4000, windowMs: 24_000, ladderBps: [4_000_000] });
  const cdn = new Cdn(clock, stream);
  const done: number[] = [];
  const fetchAll = () =>
    people.map((person) =>
      cdn.fetch({ person, cause: "alone" }, stream.segment(0, 3), null, {
        progress: () => {},
        done: () => done.push(clock.now()),
        failed: () => {},
      }),
    );
  return { clock, cdn, done, fetchAll };
}

test("an answer comes at 20 Mbit/s, and every byte of it is counted", async () => {
  const { clock, cdn, done, fetchAll } = open();
  fetchAll();
  await clock.run(10_000);
  expect(done).toEqual(people.map(() => expect.closeTo(820, 0)));
  expect(cdn.egress.perSecond(2)).toEqual([10 * SEGMENT_BYTES, 0]);
});

test("in a brown-out no second sees more than the limit, and afterwards all get what is left", async () => {
  const { clock, cdn, done, fetchAll } = open();
  clock.after(200, () => cdn.limit(16_000_000));
  clock.after(3_200, () => cdn.limit(null));
  fetchAll();
  await clock.run(10_000);
  expect(done).toHaveLength(10);
  const seconds = cdn.egress.perSecond(5);
  for (const bytes of seconds.slice(1, 3)) expect(bytes).toBeCloseTo(2_000_000, -2);
  expect(seconds.reduce((a, b) => a + b)).toBeCloseTo(10 * SEGMENT_BYTES, -2);
});

test("what was sent before an abort is counted, and no more", async () => {
  const { clock, cdn, done, fetchAll } = open();
  const tasks = fetchAll();
  clock.after(420, () => {
    for (const task of tasks) task.abort();
  });
  await clock.run(10_000);
  expect(done).toEqual([]);
  expect(cdn.requests.map(({ bytes }) => bytes)).toEqual(people.map(() => expect.closeTo(SEGMENT_BYTES / 2, -3)));
});
