import type { PeerId } from "@shoal/protocol";
import {
  expect,
  expectUntouchedPlayback,
  liars,
  type Swarm,
  test,
  untilMeshed,
  type Viewer,
} from "../fixture/index.ts";

/** Each liar is convicted by somebody, as soon as somebody asks it for something; and nobody else is. */
async function expectConvicted(honest: readonly Viewer[], lying: readonly Viewer[]): Promise<void> {
  const guilty = new Set<PeerId | null | undefined>();
  for (const liar of lying) guilty.add((await liar.state()).stats?.peerId);
  const convicted = async (): Promise<Set<PeerId>> => {
    const states = await Promise.all(honest.map((viewer) => viewer.state()));
    return new Set(states.flatMap(({ convicted }) => convicted));
  };
  await expect.poll(convicted, { timeout: 60_000 }).toEqual(guilty);
}

async function openAll(swarm: Swarm, options: readonly Parameters<Swarm["open"]>[0][]): Promise<readonly Viewer[]> {
  const honest: Viewer[] = [];
  for (const option of options) {
    const viewer = await swarm.open(option);
    if (!option?.initScript) honest.push(viewer);
  }
  await untilMeshed(swarm, honest);
  return swarm.viewers;
}

test("who sends wrong pieces, or passes on forged seals, is convicted; nobody else is, and nobody stalls", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const viewers = await openAll(swarm, [
    { initScript: liars.corruptsPieces },
    { initScript: liars.forgesSeals },
    {},
    {},
    {},
  ]);
  await swarm.play(20);
  const honest = viewers.slice(2);
  await expectUntouchedPlayback(swarm, honest);
  await expectConvicted(honest, viewers.slice(0, 2));
  for (const viewer of honest) await viewer.until("takes from others", ({ stats }) => (stats?.peerBytes ?? 0) > 0);
});

test("the only source of segments lies consistently: no wrong byte is played and it alone is convicted", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  // Seals come late: what the liar says is believed for a moment, in quarantine.
  swarm.origin.setFault({ kind: "slow", bitsPerSecond: 800_000, filter: { media: true, client: "sealer" } });
  const viewers = await openAll(swarm, [{ initScript: liars.liesConsistently }, {}]);
  await swarm.play(24);
  await expectUntouchedPlayback(swarm, viewers.slice(1));
  await expectConvicted(viewers.slice(1), viewers.slice(0, 1));
});

test("a seal that is true in another swarm convicts whoever passes it on here", async ({ startSwarm }) => {
  const swarm = await startSwarm({ sealer: { minViewers: 1 }, streams: { other: "/live/master.m3u8" } });
  const other = await swarm.open({ shoal: { contentId: "other" } });
  await other.until("has its seals", ({ stats }) => stats?.offReason === null);
  const sealUrl = `${swarm.sealer.url}/v1/seal?swarm=${encodeURIComponent("/other")}`;
  const viewers = await openAll(swarm, [{ initScript: liars.swapsSeals, initArgument: sealUrl }, {}, {}]);
  await swarm.play(12);
  await expectUntouchedPlayback(swarm, viewers.slice(2));
  await expectConvicted(viewers.slice(2), viewers.slice(1, 2));
});

test("names that come round again, and a viewer that replays what they were: only the CDN's bytes are played", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm({ origin: { cyclicNames: 8, windowSegments: 4 } });
  const viewers = await openAll(swarm, [{ initScript: liars.replaysOld }, {}, {}]);
  await swarm.play(56);
  await expectUntouchedPlayback(swarm, viewers.slice(1));
});

test("noise and silence cost nothing but a neighbour", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  const viewers = await openAll(swarm, [{ initScript: liars.staysSilent }, {}, {}]);
  const noisy = await swarm.open({ initScript: liars.talksGarbage });
  await swarm.play(16);
  const honest = viewers.slice(1, 3);
  await expectUntouchedPlayback(swarm, honest);
  const noisyId = (await noisy.state()).stats?.peerId;
  const states = await Promise.all(honest.map((viewer) => viewer.state()));
  for (const { stats, convicted } of states) {
    expect(convicted).toEqual([]);
    expect(stats?.neighbours.map(({ peerId }) => peerId)).not.toContain(noisyId);
  }
  // Which of the two fetched, and which took, is for the names drawn in this run to say.
  expect(Math.max(...states.map(({ stats }) => stats?.peerBytes ?? 0))).toBeGreaterThan(0);
});
