import { expect, test, untilMeshed } from "../fixture/index.ts";
import type { ViewerState } from "../fixture/viewer-page.ts";
import { BareBrowser } from "../support/background-tab.ts";

test("a tab in the background keeps playing and sharing", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(2);
  await untilMeshed(swarm);
  const browser = await BareBrowser.launch();
  try {
    const tab = await browser.open(`${swarm.origin.url}/page/viewer.html`);
    await expect.poll(() => tab.evaluate("document.title")).toBe("ready");
    const settings = {
      manifest: `${swarm.origin.url}/live/master.m3u8`,
      shoal: { tracker: `${swarm.tracker.url}?isp=one` },
    };
    // Chromium pauses what is muted and not seen; what is heard goes on.
    await tab.evaluate(`document.querySelector("video").muted = false`);
    await tab.evaluate(`viewer.start(${JSON.stringify(settings)})`);
    const state = (): Promise<ViewerState> => tab.evaluate("viewer.state()");
    await expect.poll(async () => (await state()).stats?.neighbours.length, { timeout: 20_000 }).toBe(2);
    await browser.open("about:blank");
    await expect.poll(() => tab.evaluate("document.visibilityState")).toBe("hidden");
    const before = await state();
    await swarm.play(16);
    expect((await state()).playheadS - before.playheadS).toBeGreaterThan(12);
    // Of three viewers the tab may be the one elected for several segments one after the other.
    await expect
      .poll(async () => (await state()).stats?.peerBytes, { timeout: 60_000 })
      .toBeGreaterThan((before.stats?.peerBytes ?? 0) + 500_000);
    const after = await state();
    expect(after.errors).toEqual([]);
    expect(swarm.bytes.wrong(after.played)).toEqual([]);
  } finally {
    await browser.close();
  }
});
