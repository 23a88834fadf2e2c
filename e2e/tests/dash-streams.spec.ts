import type { Page } from "@playwright/test";
import { cencKey, cencKeyId, subtitleText } from "@shoal/origin";
import { segmentIdOf, trackIdOf } from "@shoal/protocol/names";
import { expect, expectUntouchedPlayback, type Swarm, test, untilMeshed, type Viewer } from "../fixture/index.ts";

/** Bytes of the segments of a folder that viewers took from the CDN, in copies of what was taken of it at all. */
function copies(swarm: Swarm, folder: string): number {
  const counted = Object.entries(swarm.origin.counts().segments).filter(([path]) => path.includes(`/${folder}/`));
  const taken = counted.filter(([, { viewers }]) => viewers.bytes > 0);
  const bytes = taken.reduce((sum, [, { viewers }]) => sum + viewers.bytes, 0);
  return bytes / taken.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0);
}

const paths = async (viewer: Viewer, folder: string): Promise<readonly string[]> =>
  (await viewer.state()).played.map(({ path }) => path).filter((path) => path.includes(`/${folder}/`));

/** What a page asks the CDN for of its subtitles, and what it says to the tracker. */
interface Overheard {
  readonly texts: string[];
  readonly said: string[];
}

function overhear(page: Page): Overheard {
  const overheard: Overheard = { texts: [], said: [] };
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.includes("/words/seg-")) overheard.texts.push(pathname);
  });
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => overheard.said.push(String(payload)));
  });
  return overheard;
}

test("a viewer who changes the language takes that sound from a neighbour too, and text is no media of the swarm", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const overheard: Overheard[] = [];
  const options = {
    manifest: "/vod-languages/master.mpd",
    prepare: async (page: Page) => void overheard.push(overhear(page)),
  };
  const choose = (viewer: Viewer | undefined, language: string): Promise<void> | undefined =>
    viewer?.page.evaluate((lang) => {
      const track = window.dashPlayer.getTracksFor("audio").find((one) => one.lang === lang);
      if (track) window.dashPlayer.setCurrentTrack(track);
    }, language);
  const first = await swarm.open(options);
  await first.until("has some to give", ({ bufferedS }) => bufferedS > 13);
  await choose(first, "es");
  await expect.poll(() => paths(first, "a64-es").then(({ length }) => length)).toBeGreaterThan(2);
  const late = await swarm.open(options);
  await untilMeshed(swarm);
  await late.until("takes English and the picture from the one before", ({ stats, bufferedS }) => {
    return (stats?.peerBytes ?? 0) > 300_000 && bufferedS > 9;
  });
  await choose(late, "es");
  await expect.poll(() => paths(late, "a64-es").then(({ length }) => length)).toBeGreaterThan(1);
  expect(copies(swarm, "a64-es"), "one of two took it from the other").toBeLessThan(1.6);
  const shown = (): Promise<string | null> => late.page.locator("#subtitles").textContent();
  await expect.poll(shown, { timeout: 15_000 }).toContain(subtitleText(0).slice(0, -1));
  await expectUntouchedPlayback(swarm);
  const { stats } = await late.state();
  expect(stats?.offReason).toBeNull();

  const sealed = Object.entries(swarm.origin.counts().segments).filter(([, { sealer }]) => sealer.requests > 0);
  expect(sealed.filter(([path]) => path.includes("/a64-es/")).length, "the sealer reads sound").toBeGreaterThan(0);
  expect(sealed.filter(([path]) => path.includes("/words/"))).toEqual([]);

  const numbers = Array.from({ length: 75 }, (_, number) => number);
  const idsOf = (folder: string): readonly string[] =>
    numbers.map((number) => segmentIdOf(`${folder}/seg-${number}.m4s`));
  for (const [at, { texts, said }] of overheard.entries()) {
    expect(texts, "text comes from the CDN").toContain("/vod-languages/words/seg-0.m4s");
    expect(said.join(" "), "the tracker hears of sound").toContain(trackIdOf("a64-es/init.mp4"));
    expect(said.join(" "), "and not of text").not.toContain(trackIdOf("words/init.mp4"));
    const known = (await swarm.viewers[at]?.state())?.stats?.segments.map(({ id }) => String(id)) ?? [];
    expect(known.filter((id) => idsOf("a64-es").includes(id)).length, "the engine knows of sound").toBeGreaterThan(0);
    expect(
      known.filter((id) => idsOf("words").includes(id)),
      "and not of text",
    ).toEqual([]);
  }
});

test("encrypted segments are shared as they are on the CDN, and play with the key that each page has", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  const clearkeys = { [base64url(cencKeyId)]: base64url(cencKey) };
  const options = { manifest: "/vod-cenc/master.mpd", protection: { "org.w3.clearkey": { clearkeys } } };
  const first = await swarm.open(options);
  await first.until("has some to give", ({ bufferedS }) => bufferedS > 13);
  const late = await swarm.open(options);
  await untilMeshed(swarm);
  const state = await late.until("takes from the one before, and plays", ({ stats, playheadS }) => {
    return (stats?.peerBytes ?? 0) > 400_000 && playheadS > 6;
  });
  expect(state.stats?.offReason).toBeNull();
  const decoded = await late.page.evaluate(() => {
    const video = document.querySelector("video") as HTMLVideoElement;
    return { hasKeys: video.mediaKeys !== null, frames: video.getVideoPlaybackQuality().totalVideoFrames };
  });
  expect(decoded.hasKeys).toBe(true);
  expect(decoded.frames).toBeGreaterThan(50);
  await expectUntouchedPlayback(swarm);
});

/** The page's clock is off; that of the machine is not. */
const shiftClock = (byMs: number): void => {
  const Real = Date;
  window.Date = class extends Real {
    constructor(...given: readonly unknown[]) {
      super(...((given.length === 0 ? [Real.now() + byMs] : given) as [number]));
    }
    static override now(): number {
      return Real.now() + byMs;
    }
  } as DateConstructor;
};

test("live: clocks that are off by 20 s, a seek back in the window, another pathway, and the swarm stays one", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm({ origin: { windowSegments: 30, pathways: ["127.0.0.1", "localhost"] } });
  const hosts = new Map<string, string[]>();
  for (const [name, byMs] of Object.entries({ right: 0, fast: 20_000, slow: -20_000 })) {
    const asked: string[] = [];
    hosts.set(name, asked);
    await swarm.open({
      ...{
        name,
        manifest: "/live/steered.mpd",
        level: 0,
        initScript: shiftClock as (by: never) => void,
        initArgument: byMs,
      },
      prepare: async (page) => {
        page.on("request", (request) => {
          if (request.url().includes("/seg-")) asked.push(new URL(request.url()).hostname);
        });
      },
    });
  }
  await untilMeshed(swarm);
  const begun = await swarm.mark();
  await swarm.play(9);
  expect((await swarm.shares(begun)).offload, "at the live edge, whatever the clock").toBeGreaterThan(0.3);
  await expectUntouchedPlayback(swarm);

  const back = 60;
  const [right, fast] = swarm.viewers;
  const to = ((await right?.state())?.playheadS ?? 0) - back;
  await right?.page.evaluate((seconds) => window.viewer.seek(seconds), to);
  await right?.until("plays there, and fills its buffer", ({ playheadS, bufferedS }) => {
    return playheadS > to + 5 && bufferedS > 15;
  });
  const before = (await fast?.state())?.stats?.peerBytes ?? 0;
  await fast?.page.evaluate((seconds) => window.viewer.seek(seconds), to);
  await fast?.until("plays there out of its neighbour's hand", ({ playheadS, bufferedS, stats }) => {
    return playheadS > to + 1 && bufferedS > 3 && (stats?.peerBytes ?? 0) - before > 200_000;
  });

  swarm.origin.steer(["localhost", "127.0.0.1"]);
  for (const asked of hosts.values()) {
    const from = asked.length;
    await expect.poll(() => asked.slice(from).includes("localhost"), { timeout: 25_000 }).toBe(true);
  }
  for (const viewer of swarm.viewers) {
    const { stats, errors, played } = await viewer.state();
    expect([...errors, ...viewer.pageErrors]).toEqual([]);
    expect(stats?.neighbours.length).toBe(2);
    expect(swarm.bytes.wrong(played)).toEqual([]);
  }
});
