import { expect, test, untilMeshed } from "../fixture/index.ts";
import { Firefox, findFirefox } from "../support/firefox.ts";
import { ScriptViewer, scriptViewerUrl } from "../support/script-viewer.ts";
import { shownAddresses } from "../support/shown-addresses.ts";

test.use(shownAddresses);

test("Firefox joins a swarm of Chromium's, takes from it and gives to it", async ({ startSwarm }) => {
  const path = findFirefox();
  test.skip(path === null, "There is no Firefox: name one with SHOAL_FIREFOX.");
  const swarm = await startSwarm();
  for (let i = 0; i < 2; i++) await swarm.open({ manifest: "/vp9/master.m3u8" });
  await untilMeshed(swarm);
  const firefox = new ScriptViewer(await Firefox.open(path ?? "", scriptViewerUrl(swarm, {})));
  try {
    const { stats: before } = await firefox.until("meets both", ({ stats }) => stats?.neighbours.length === 2);
    const taken = (before?.peerBytes ?? 0) + 200_000;
    await firefox.until("has taken", ({ stats }) => (stats?.peerBytes ?? 0) > taken);
    await firefox.until("has given", ({ stats }) => (stats?.uploadedBytes ?? 0) > 50_000);
    const { stats, errors, playedS } = await firefox.state();
    expect(errors).toEqual([]);
    expect(playedS).toBeGreaterThan(8);
    expect(stats?.convicted).toBe(0);
  } finally {
    await firefox.browser.close();
  }
});
