import { segmentIdOf } from "@shoal/protocol";
import { expect, expectUntouchedPlayback, test, untilMeshed } from "../fixture/index.ts";

const audioIds = new Set(Array.from({ length: 40 }, (_, number) => segmentIdOf(`a64/seg-${number}.m4s`)));

test("viewers with hls.js 1.5, 1.6, 1.7 and 1.7 light share live with each other, byte for byte", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  for (const version of ["1.5", "1.6", "1.7", "1.7-light"]) {
    await swarm.open({ script: `hls-${version}.js`, name: `hls-${version}`, level: 0 });
  }
  await untilMeshed(swarm);
  for (const viewer of swarm.viewers) {
    await viewer.until("takes from its neighbours or gives to them", ({ stats }) => {
      return (stats?.peerBytes ?? 0) > 60_000 || (stats?.uploadedBytes ?? 0) > 60_000;
    });
  }
  await swarm.play(2);
  await expectUntouchedPlayback(swarm);
});

for (const version of ["1.5", "1.6"]) {
  test(`viewers with hls.js ${version} share alternate audio too`, async ({ startSwarm }) => {
    const swarm = await startSwarm();
    await swarm.openMany(2, { script: `hls-${version}.js`, level: 0, manifest: "/vod/master.m3u8" });
    await untilMeshed(swarm);
    for (const viewer of swarm.viewers) await viewer.page.evaluate(() => window.viewer.seek(60));
    const shared = await Promise.race(
      swarm.viewers.map((viewer) =>
        viewer.until("took audio from its neighbour", ({ stats }) =>
          (stats?.segments ?? []).some(({ id, peerBytes }) => peerBytes > 0 && audioIds.has(id)),
        ),
      ),
    );
    expect(shared.errors).toEqual([]);
    expect(swarm.bytes.wrong(shared.played)).toEqual([]);
  });
}
