import type { Page } from "@playwright/test";
import { expect, expectUntouchedPlayback, type Swarm, test, untilMeshed, type Viewer } from "../fixture/index.ts";

const SEGMENT_S = 4;
const manifest = "/live/master.mpd";
/** Far from what the first encoder counts. */
const AFRESH = 5_000;

/** The encoder begins again after two segments more. @returns the number of its last segment until then */
async function restart({ origin }: Swarm): Promise<number> {
  origin.restartEncoder({ firstNumber: AFRESH, announcedSegments: 2 });
  const mpd = await (await fetch(`${origin.url}${manifest}`)).text();
  const begins = [...mpd.matchAll(/<Period id="at-(\d+)"/g)].at(-1)?.[1];
  return Number(begins) / SEGMENT_S - 1;
}

/** Numbers of the segments of the picture that a player was given, in order. */
async function numbers(viewer: Viewer): Promise<readonly number[]> {
  const { played } = await viewer.state();
  return played.map(({ path }) => Number(/\/v144\/seg-(\d+)/.exec(path)?.[1])).filter((number) => number >= 0);
}

const countedSince = async (viewer: Viewer): Promise<number> =>
  (await numbers(viewer)).filter((number) => number >= AFRESH).length;

test("an encoder that begins again opens a period with its own numbers, and the swarm goes on sharing", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  await swarm.openMany(3, { manifest, level: 0 });
  await untilMeshed(swarm);
  const last = await restart(swarm);
  const untilAfresh = async (count: number): Promise<void> => {
    for (const viewer of swarm.viewers) {
      await expect.poll(() => countedSince(viewer), { timeout: 40_000 }).toBeGreaterThanOrEqual(count);
    }
  };
  await untilAfresh(1);
  const before = await swarm.mark();
  await untilAfresh(3);
  expect((await swarm.shares(before)).offload, "in the new period").toBeGreaterThan(0.3);
  for (const viewer of swarm.viewers) {
    await viewer.until("plays the new period", ({ playheadS }) => playheadS > (last + 1) * SEGMENT_S + 1);
  }
  await expectUntouchedPlayback(swarm);
});

/** Holds a segment until dash.js has read its MPD once more and acted on it. @returns once it did */
function holdForOneMpd(page: Page, path: string): Promise<void> {
  return new Promise((resolve) => {
    void page.route(
      ({ pathname }) => pathname === path,
      async (route) => {
        await page.evaluate(
          () => new Promise((read) => window.dashPlayer.on("streamsComposed" as never, read as never, undefined)),
        );
        await route.continue();
        resolve();
      },
    );
  });
}

test("the last segment of a period is on its way as the MPD is read: dash.js alone leaves it out, with Shoal it does not", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const plain = await swarm.open({ name: "plain", manifest, level: 0, shoal: null });
  const shoal = await swarm.open({ name: "shoal", manifest, level: 0 });
  for (const viewer of swarm.viewers)
    await viewer.until("plays", ({ playheadS, bufferedS }) => playheadS > 0 && bufferedS > 6);
  const last = await restart(swarm);
  await Promise.all(swarm.viewers.map(({ page }) => holdForOneMpd(page, `/live/v144/seg-${last}.m4s`)));
  for (const viewer of swarm.viewers) {
    await expect.poll(() => countedSince(viewer), { timeout: 30_000 }).toBeGreaterThan(0);
    expect(await numbers(viewer)).toContain(last);
  }
  /** Of the last segment of the period: what of it is in the buffer, seconds. */
  const buffered = ({ page }: Viewer): Promise<number> =>
    page.evaluate((fromS) => {
      const { buffered } = document.querySelector("video") as HTMLVideoElement;
      const ranges = Array.from(
        { length: buffered.length },
        (_, at) => [buffered.start(at), buffered.end(at)] as const,
      );
      const within = ranges.map(([start, end]) => Math.min(end, fromS + 4) - Math.max(start, fromS));
      return Math.max(0, ...within);
    }, last * SEGMENT_S);
  expect(await buffered(shoal)).toBeGreaterThan(3.9);
  expect(await buffered(plain), "what Shoal mends in dash.js: without this, Streams need not extend it").toBeLessThan(
    0.1,
  );
});
