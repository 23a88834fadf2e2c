import { expect, expectUntouchedPlayback, test, untilMeshed } from "../fixture/index.ts";

test("sharing goes on for the minute that the tracker is dead, and after it", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(4);
  await untilMeshed(swarm);
  await swarm.play(12);
  const beginning = await swarm.mark();
  await swarm.play(20);
  const before = await swarm.shares(beginning);
  await swarm.killTracker();
  const dead = await swarm.mark();
  await swarm.play(60);
  const during = await swarm.shares(dead);
  await swarm.restartTracker();
  const returned = await swarm.mark();
  await swarm.play(12);
  const after = await swarm.shares(returned);
  await expectUntouchedPlayback(swarm);
  console.log("offload before, during, after", before.offload, during.offload, after.offload);
  expect(during.offload).toBeGreaterThan(0.8 * before.offload);
  expect(after.offload).toBeGreaterThan(0.8 * before.offload);
});

test("without a sealer everybody plays from the CDN and knows why", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(3);
  await untilMeshed(swarm);
  await swarm.play(8);
  await swarm.sealer.close();
  await swarm.play(16);
  await expectUntouchedPlayback(swarm);
  for (const { stats } of await swarm.mark()) expect(stats?.offReason).toBe("no-seal");
});

for (const fault of [
  { kind: "status", status: 503 },
  { kind: "hang" },
  { kind: "slow", bitsPerSecond: 400_000 },
] as const) {
  test(`an origin fault that plain hls.js survives (${fault.kind}) is survived`, async ({ startSwarm }) => {
    const swarm = await startSwarm();
    const control = await swarm.open({ shoal: null, name: "control" });
    await swarm.openMany(3);
    await untilMeshed(swarm, swarm.viewers.slice(1));
    await swarm.play(10);
    swarm.origin.setFault({ ...fault, filter: { media: true } });
    // hls.js tries again 1 and 3 s after its first try: whenever that was, no more than two of them fail.
    await swarm.play(2.4);
    swarm.origin.setFault({ kind: "none" });
    await swarm.play(14);
    expect((await control.state()).stallMs, "the control run shows that the fault is survivable").toBe(0);
    await expectUntouchedPlayback(swarm);
  });
}

test("an encoder that restarts and uses its names again never mixes old bytes with new", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(3);
  await untilMeshed(swarm);
  await swarm.play(10);
  swarm.origin.restartEncoder();
  await swarm.play(24);
  await expectUntouchedPlayback(swarm);
});
