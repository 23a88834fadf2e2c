import { expect, test } from "vitest";
import { type Looked, Lookout, merged, spreadOf } from "./spread.ts";
import { LiveStream } from "./stream.ts";
import { VirtualTime } from "./virtual-time.ts";

const SEGMENT_BYTES = 500_000;

async function lookoutAt(...seconds: number[]) {
  const clock = new VirtualTime();
  const stream = new LiveStream(clock, { segmentMs: 4_000, windowMs: 24_000, ladderBps: [1_000_000] });
  const lookout = new Lookout(stream, 8_000);
  const newest: string[] = [];
  const viewer = (number: number, share: number, sentBytes: number, givesBps = 1_000_000): Looked => ({
    number,
    givesBps,
    sentBytes,
    holds: (id) => (id === newest.at(-1) ? share * SEGMENT_BYTES : 0),
  });
  for (const second of seconds) {
    await clock.run(second * 1000);
    newest.push(stream.segment(0, stream.newest).id);
    lookout.look([viewer(1, 1, second * 100_000), viewer(2, 0.5, second * 25_000), viewer(3, 0, 0, 0)], second * 1000);
  }
  return { lookout, stream };
}

test("says what viewers hold of each segment by its age, and how much of the uplinks is used", async () => {
  const { lookout, stream } = await lookoutAt(5, 6, 9);
  expect(lookout.moments[1]).toMatchObject({ atMs: 6_000, viewers: 3, uplinkBps: 2_000_000, held: [1.5, 0, 0] });
  const { held, uplinkUse } = spreadOf(lookout.moments, stream);
  expect(held.find(({ ageMs }) => ageMs === 1_000)?.share).toBe(0.5);
  expect(held.find(({ ageMs }) => ageMs === 2_000)?.share).toBe(0.5);
  expect(held.find(({ ageMs }) => ageMs === 5_000)?.share).toBe(0);
  expect(uplinkUse.mean).toBeCloseTo(0.5);
});

test("parts of an audience make the whole: viewers, uplinks and what is held are added up", async () => {
  const { moments } = (await lookoutAt(5, 6)).lookout;
  const [, both] = merged([moments, moments]);
  expect(both).toMatchObject({ atMs: 6_000, viewers: 6, uplinkBps: 4_000_000, held: [3, 0, 0] });
  expect(both?.usedBps).toBeCloseTo(2 * (moments[1]?.usedBps ?? 0));
});
