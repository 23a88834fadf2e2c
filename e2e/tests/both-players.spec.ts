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
