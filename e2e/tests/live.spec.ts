import { expect, expectUntouchedPlayback, test, untilMeshed } from "../fixture/index.ts";

test("six viewers of a live stream at ordinary latency take most of it from each other", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(6);
  await untilMeshed(swarm);
  await swarm.play(28);
  await expectUntouchedPlayback(swarm);
  expect((await swarm.shares()).offload).toBeGreaterThan(0.6);
  // A segment may be under way at any one moment.
  await expect
    .poll(async () => Math.abs((await swarm.shares()).cdnBytes / swarm.origin.counts().viewers.bytes - 1))
    .toBeLessThan(0.02);
  for (const { targetLatencyS } of await swarm.mark()) expect(targetLatencyS).toBe(12);
});

test("viewers on different renditions share with those of their own and disturb nobody", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  for (const level of [0, 0, 2, 2]) await swarm.open({ level });
  await untilMeshed(swarm);
  await swarm.play(16);
  await expectUntouchedPlayback(swarm);
  for (const { level } of await swarm.mark()) expect([0, 2]).toContain(level);
  // Of two viewers of a rendition one may be elected several times in a row.
  for (const viewer of swarm.viewers) {
    await viewer.until("takes from its like", ({ stats }) => (stats?.peerBytes ?? 0) > 100_000, 60_000);
  }
  await expectUntouchedPlayback(swarm);
});

test("a viewer that closes in mid transfer costs the others nothing", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(4);
  await untilMeshed(swarm);
  await swarm.play(6);
  const [leaver, ...rest] = swarm.viewers;
  await leaver?.until("sends", ({ stats }) => (stats?.uploadedBytes ?? 0) > 0);
  await leaver?.close();
  swarm.viewers.shift();
  await swarm.play(12);
  await expectUntouchedPlayback(swarm, rest);
  for (const viewer of rest) {
    await viewer.until("has noticed", ({ stats }) => stats?.neighbours.length === 2);
  }
});
