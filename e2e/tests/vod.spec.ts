import { expect, expectUntouchedPlayback, test, untilMeshed } from "../fixture/index.ts";

const manifest = "/vod/master.m3u8";

test("a viewer who comes later takes an on-demand stream from those before", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(2, { manifest });
  await untilMeshed(swarm);
  await swarm.play(4);
  const late = await swarm.open({ manifest });
  await untilMeshed(swarm);
  await swarm.play(14);
  await expectUntouchedPlayback(swarm);
  const { stats } = await late.state();
  expect(stats?.peerBytes).toBeGreaterThan(1_000_000);
});

test("a seek starts at once and the sought segments are shared like any", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(2, { manifest });
  await untilMeshed(swarm);
  const [first, second] = swarm.viewers;
  await first?.page.evaluate(() => window.viewer.seek(150));
  await first?.until("plays there", ({ playheadS, bufferedS }) => playheadS > 151 && bufferedS > 20);
  await second?.page.evaluate(() => window.viewer.seek(152));
  await second?.until("plays there", ({ playheadS, bufferedS }) => playheadS > 153 && bufferedS > 15);
  for (const viewer of swarm.viewers) {
    const state = await viewer.state();
    expect(state.errors).toEqual([]);
    expect(swarm.bytes.wrong(state.played)).toEqual([]);
  }
  expect((await second?.state())?.stats?.peerBytes).toBeGreaterThan(500_000);
});
