import type { Page } from "@playwright/test";
import { expect, expectUntouchedPlayback, test, untilMeshed } from "../fixture/index.ts";
import { flows } from "../support/flows.ts";

test("three viewers with hls.js and three with dash.js are one swarm of a live stream and feed each other", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  for (const manifest of ["/live/master.m3u8", "/live/master.mpd"]) await swarm.openMany(3, { manifest });
  await untilMeshed(swarm);
  await swarm.play(24);
  await expectUntouchedPlayback(swarm);
  expect((await swarm.shares()).offload).toBeGreaterThan(0.5);
  const { hlsToDash, dashToHls } = await flows(swarm);
  expect(hlsToDash).toBeGreaterThan(300_000);
  expect(dashToHls).toBeGreaterThan(300_000);
});

test("on demand too: each takes from the other what it comes to later, whatever manifest it plays", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const hls = { manifest: "/vod/master.m3u8", level: 2 };
  const dash = { manifest: "/vod/master.mpd", level: 2 };
  await swarm.open(hls);
  await swarm.open({ ...dash });
  await untilMeshed(swarm);
  await swarm.viewers[1]?.page.evaluate(() => window.viewer.seek(120));
  await swarm.viewers[1]?.until("has some to give", ({ playheadS, bufferedS }) => playheadS > 120 && bufferedS > 12);
  await swarm.viewers[0]?.page.evaluate(() => window.viewer.seek(121));
  for (const later of [hls, dash]) await swarm.open(later);
  await untilMeshed(swarm);
  await swarm.play(10);
  const { hlsToDash, dashToHls } = await flows(swarm);
  expect(hlsToDash).toBeGreaterThan(300_000);
  expect(dashToHls).toBeGreaterThan(300_000);
  for (const viewer of swarm.viewers) {
    const state = await viewer.state();
    expect([...state.errors, ...viewer.pageErrors]).toEqual([]);
    expect(swarm.bytes.wrong(state.played)).toEqual([]);
  }
});

test("manifests in sibling folders are one swarm once both are told content and media base", async ({ startSwarm }) => {
  const swarm = await startSwarm({ streams: { shared: "/live/master.m3u8" } });
  const shoal = { contentId: "shared", mediaBase: "/live/" };
  const prepare = async (page: Page): Promise<void> => {
    await page.route(/\/dash\/main\.mpd/, async (route) => {
      const response = await route.fetch({ url: `${swarm.origin.url}/live/master.mpd` });
      const mpd = await response.text();
      await route.fulfill({ response, body: mpd.replace("<Period", "<BaseURL>../live/</BaseURL><Period") });
    });
  };
  await swarm.open({ manifest: "/live/master.m3u8", level: 0, shoal });
  await swarm.open({ manifest: "/dash/main.mpd", level: 0, shoal, prepare });
  await untilMeshed(swarm);
  const [hls, dash] = swarm.viewers;
  await hls?.until("takes from the other or gives to it", ({ stats }) => {
    return (stats?.peerBytes ?? 0) > 60_000 || (stats?.uploadedBytes ?? 0) > 60_000;
  });
  await dash?.until("has some of the stream", ({ bufferedS }) => bufferedS > 2);
  await expectUntouchedPlayback(swarm);
});
