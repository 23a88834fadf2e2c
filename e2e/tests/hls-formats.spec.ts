import { expect, expectUntouchedPlayback, test, untilMeshed } from "../fixture/index.ts";

const onDemand = [
  { what: "byte ranges of one file", manifest: "/vod-range/master.m3u8", enableWorker: true },
  { what: "AES-128", manifest: "/vod-aes/master.m3u8", enableWorker: false },
  { what: "files with alternate audio, without hls.js' worker", manifest: "/vod/master.m3u8", enableWorker: false },
];

for (const { what, manifest, enableWorker } of onDemand) {
  test(`a later viewer takes an on-demand stream of ${what} from the one before`, async ({ startSwarm }) => {
    const swarm = await startSwarm();
    const hls = { enableWorker };
    const first = await swarm.open({ manifest, hls, level: 0 });
    await first.until("has some to give", ({ bufferedS }) => bufferedS > 24);
    const late = await swarm.open({ manifest, hls, level: 0 });
    await untilMeshed(swarm);
    await late.until("takes from the one before", ({ stats }) => (stats?.peerBytes ?? 0) > 150_000);
    await expectUntouchedPlayback(swarm);
  });
}

test("viewers of a live stream in MPEG-TS, audio and video in one, share it", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(2, { manifest: "/ts/master.m3u8" });
  await untilMeshed(swarm);
  await swarm.viewers[1]?.until("takes from its neighbour", ({ stats }) => (stats?.peerBytes ?? 0) > 150_000);
  await swarm.viewers[0]?.until("takes from its neighbour", ({ stats }) => (stats?.peerBytes ?? 0) > 0);
  await expectUntouchedPlayback(swarm);
});

test("a viewer whose CDN is slow and whose neighbours are fast is told a rate the CDN can keep", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const manifest = "/vod/master.m3u8";
  const first = await swarm.open({ manifest, level: 0 });
  await first.until("has some to give", ({ bufferedS }) => bufferedS > 28);
  const cdnBps = 600_000;
  swarm.origin.setShaping({ bitsPerSecondPerResponse: cdnBps });
  const late = await swarm.open({ manifest, hls: { startLevel: 0 } });
  const state = await late.until("plays from its neighbour", ({ stats }) => (stats?.peerBytes ?? 0) > 200_000);
  expect(state.bandwidthBps, "not memory speed").toBeLessThan(3 * cdnBps);
  expect(state.bandwidthBps).toBeGreaterThan(0.3 * cdnBps);
  expect(state.errors).toEqual([]);
  expect(swarm.bytes.wrong(state.played)).toEqual([]);
});
