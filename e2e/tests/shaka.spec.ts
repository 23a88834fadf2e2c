import { expect, expectUntouchedPlayback, test, untilMeshed } from "../fixture/index.ts";

test("viewers with the example's plug-in for Shaka Player take from each other", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  const manifest = "/vod/master.mpd";
  const first = await swarm.open({ manifest, script: "shaka-5.2.js" });
  await first.until("has some to give", ({ bufferedS }) => bufferedS > 8);
  await swarm.open({ manifest, script: "shaka-5.2.js" });
  await untilMeshed(swarm);
  const late = swarm.viewers[1];
  await late?.until("takes from the one before", ({ stats }) => (stats?.peerBytes ?? 0) > 300_000);
  await expectUntouchedPlayback(swarm);
  const { stats } = (await late?.state()) ?? {};
  expect(stats?.offReason).toBeNull();
});
