import type { Page } from "@playwright/test";
import { expect, expectUntouchedPlayback, type Swarm, test, untilMeshed } from "../fixture/index.ts";

const manifest = "/live/master.mpd";

/** Changes the MPD on its way to a page. */
const editing =
  (edit: (mpd: string) => string) =>
  async (page: Page): Promise<void> => {
    await page.route(/\.mpd/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: edit(await response.text()) });
    });
  };

async function untilShared(swarm: Swarm): Promise<void> {
  for (const viewer of swarm.viewers) {
    await viewer.until("takes from its neighbours or gives to them", ({ stats }) => {
      return (stats?.peerBytes ?? 0) > 60_000 || (stats?.uploadedBytes ?? 0) > 60_000;
    });
  }
}

test("every request for media passes the page's interceptors, and the player's own have CMCD", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const urls: URL[] = [];
  const initScript = (): void => {
    let made: unknown;
    Object.defineProperty(window, "dashjs", {
      get: () => made,
      set: (dashjs: typeof window.dashjs) => {
        const create = (): ReturnType<ReturnType<typeof dashjs.MediaPlayer>["create"]> => {
          const player = dashjs.MediaPlayer().create();
          player.addRequestInterceptor((request) => {
            request.url += `${request.url.includes("?") ? "&" : "?"}signed=yes`;
            return Promise.resolve(request);
          });
          return player;
        };
        made = { MediaPlayer: () => ({ create }) };
      },
    });
  };
  const prepare = async (page: Page): Promise<void> => {
    page.on("request", (request) => {
      if (request.url().includes("/seg-")) urls.push(new URL(request.url()));
    });
  };
  const dash = { streaming: { cmcd: { enabled: true, mode: "query" } } };
  await swarm.openMany(2, { manifest, level: 0, initScript, prepare, dash });
  await untilMeshed(swarm);
  await untilShared(swarm);
  await expectUntouchedPlayback(swarm);
  expect(urls.filter(({ searchParams }) => searchParams.get("signed") !== "yes")).toEqual([]);
  expect(urls.some(({ searchParams }) => searchParams.has("CMCD"))).toBe(true);
});

test("a BaseURL that fails is left for the other, as dash.js does alone, and the swarm stays one", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const there = `${swarm.origin.url}/live/`;
  const bad = there.replace("127.0.0.1", "localhost");
  const base = (name: string, url: string): string => `<BaseURL serviceLocation="${name}">${url}</BaseURL>`;
  const prepare = async (page: Page): Promise<void> => {
    await editing((mpd) => mpd.replace("<Period", `${base("bad", bad)}${base("good", there)}<Period`))(page);
    await page.route(
      (url) => url.hostname === "localhost" && url.pathname.includes("/seg-"),
      (route) => route.fulfill({ status: 503 }),
    );
  };
  await swarm.open({ manifest, level: 0 });
  await swarm.open({ manifest, level: 0, prepare });
  await untilMeshed(swarm);
  await untilShared(swarm);
  for (const viewer of swarm.viewers) {
    const { played } = await viewer.until("plays", ({ playheadS, bufferedS }) => playheadS > 4 && bufferedS > 2);
    expect(swarm.bytes.wrong(played)).toEqual([]);
    expect(viewer.pageErrors).toEqual([]);
  }
});

test("with low latency, a segment that is being made comes in chunks, and is shared once it is whole", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const low = 'availabilityTimeComplete="false" availabilityTimeOffset="0.01" duration=';
  const prepare = editing((mpd) => mpd.replaceAll(" duration=", ` ${low}`));
  await swarm.openMany(2, { manifest, level: 0, prepare });
  await untilMeshed(swarm);
  await untilShared(swarm);
  for (const viewer of swarm.viewers) {
    const { played, errors, stallMs } = await viewer.state();
    expect([stallMs, ...errors, ...viewer.pageErrors]).toEqual([0]);
    // What comes in chunks is appended as it comes: dash.js names no bytes at its end.
    const whole = played.filter(({ bytes }) => bytes > 0);
    expect(whole.length).toBeGreaterThan(0);
    expect(swarm.bytes.wrong(whole)).toEqual([]);
  }
});
