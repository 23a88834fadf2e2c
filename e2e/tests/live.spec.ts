import { expect, test } from "../fixture/index.ts";

test("six viewers of a live stream take most of it from each other", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(6);
  for (const viewer of swarm.viewers)
    await viewer.until("plays", (state) => state.playheadS > 0 && state.bufferedS > 0);
  await swarm.viewers[0]?.page.waitForTimeout(30_000);
  for (const viewer of swarm.viewers) {
    const { stats, played, ...state } = await viewer.state();
    console.log(
      viewer.name,
      state.stalls,
      state.latencyS.toFixed(1),
      state.level,
      state.errors,
      stats?.offReason,
      stats?.cdnBytes,
      stats?.peerBytes,
      stats?.wastedBytes,
      stats?.rescues,
      stats?.convicted,
      stats?.neighbours.length,
      played.length,
    );
  }
  console.log(JSON.stringify(swarm.origin.counts().viewers), JSON.stringify(swarm.origin.counts().sealer));
  expect(1).toBe(1);
});
