import { expect, expectUntouchedPlayback, test, untilMeshed } from "../fixture/index.ts";

test("viewers with dash.js 5.0, 5.1 and 5.2 alone share a live stream, sealed, byte for byte", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  for (const version of ["5.0", "5.1", "5.2"]) {
    await swarm.open({ manifest: "/live/master.mpd", script: `dash-${version}.js`, name: `dash-${version}`, level: 0 });
  }
  await untilMeshed(swarm);
  for (const viewer of swarm.viewers) {
    await viewer.until("takes from its neighbours or gives to them", ({ stats }) => {
      return stats?.offReason === null && (stats.peerBytes > 60_000 || stats.uploadedBytes > 60_000);
    });
  }
  await swarm.play(2);
  await expectUntouchedPlayback(swarm);
});

test("dash.js 4.7 is named as unsupported, and plays as it would alone", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  const viewer = await swarm.open({ manifest: "/live/master.mpd", script: "dash-4.7.js" });
  const warning = viewer.warnings.find((text) => text.includes("4.7"));
  expect(warning).toContain("is not supported");
  const state = await viewer.until("plays", ({ playheadS, bufferedS }) => playheadS > 0 && bufferedS > 6);
  expect(state.stats).toMatchObject({ offReason: "unsupported-player", peerBytes: 0 });
  expect([...state.errors, ...viewer.pageErrors]).toEqual([]);
});

test("a viewer of another extension of XHRLoader plays, and is told why nothing is shared", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  const initScript = (): void => {
    let made: unknown;
    Object.defineProperty(window, "dashjs", {
      get: () => made,
      set: (dashjs: typeof window.dashjs) => {
        const create = (): ReturnType<ReturnType<typeof dashjs.MediaPlayer>["create"]> => {
          const player = dashjs.MediaPlayer().create();
          player.extend("XHRLoader", () => ({}), true);
          return player;
        };
        made = { MediaPlayer: () => ({ create }) };
      },
    });
  };
  const viewer = await swarm.open({ manifest: "/live/master.mpd", initScript });
  const state = await viewer.until("plays", ({ playheadS, bufferedS }) => playheadS > 0 && bufferedS > 6);
  expect([...state.errors, ...viewer.pageErrors]).toEqual([]);
  expect(viewer.warnings.join()).toContain("XHRLoader was extended before");
});

test("a seek, and the end of a player, in the middle of loads leave no error behind", async ({ startSwarm }) => {
  const swarm = await startSwarm({ origin: { bitsPerSecondPerResponse: 4_000_000 } });
  const [stays, goes] = await swarm.openMany(2, { manifest: "/vod/master.mpd" });
  await goes?.until("loads", ({ stats }) => (stats?.cdnBytes ?? 0) > 0);
  await goes?.page.evaluate(() => window.viewer.seek(150));
  await goes?.until("plays there", ({ playheadS, bufferedS }) => playheadS > 150.5 && bufferedS > 1);
  await goes?.page.evaluate(() => window.viewer.seek(60));
  await goes?.page.evaluate(() => window.viewer.destroy());
  await stays?.until("plays on", ({ playheadS }) => playheadS > 4);
  for (const viewer of swarm.viewers) expect([...(await viewer.state()).errors, ...viewer.pageErrors]).toEqual([]);
});

test("what comes from neighbours is no sample of memory: dash.js is told a rate the CDN can keep", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const manifest = "/vod/master.mpd";
  const first = await swarm.open({ manifest, level: 0 });
  await first.until("has some to give", ({ bufferedS }) => bufferedS > 13);
  const cdnBps = 600_000;
  swarm.origin.setShaping({ bitsPerSecondPerResponse: cdnBps });
  const late = await swarm.open({ manifest, level: 0 });
  const state = await late.until("plays from its neighbour", ({ stats }) => (stats?.peerBytes ?? 0) > 400_000);
  expect(state.bandwidthBps, "a number, not memory speed").toBeLessThan(3 * cdnBps);
  expect(state.bandwidthBps).toBeGreaterThan(0.3 * cdnBps);
  expect(state.errors).toEqual([]);
  expect(swarm.bytes.wrong(state.played)).toEqual([]);
});

const kinds = [
  { what: "SegmentTimeline and $Time$", manifest: "/vod/timeline.mpd" },
  { what: "SegmentList", manifest: "/vod/list.mpd" },
  { what: "SegmentBase with an index", manifest: "/vod-range/master.mpd" },
  { what: "several periods", manifest: "/vod/periods.mpd" },
];

for (const { what, manifest } of kinds) {
  test(`a later viewer takes an on-demand stream with ${what} from the one before`, async ({ startSwarm }) => {
    const swarm = await startSwarm();
    const first = await swarm.open({ manifest, level: 0 });
    await first.until("has some to give", ({ bufferedS }) => bufferedS > 13);
    const late = await swarm.open({ manifest, level: 0 });
    await untilMeshed(swarm);
    const state = await late.until("takes from the one before", ({ stats, playheadS }) => {
      return (stats?.peerBytes ?? 0) > 400_000 && playheadS > 8;
    });
    expect(state.stats?.offReason).toBeNull();
    await expectUntouchedPlayback(swarm);
  });
}

test("viewers of a live stream with SegmentTimeline share it", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(3, { manifest: "/live/timeline.mpd", level: 0 });
  await untilMeshed(swarm);
  await swarm.play(16);
  await expectUntouchedPlayback(swarm);
  expect((await swarm.shares()).offload).toBeGreaterThan(0.25);
});
