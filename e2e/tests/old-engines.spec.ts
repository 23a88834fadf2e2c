import { expect, type Swarm, test, untilMeshed } from "../fixture/index.ts";
import { OLD_ENGINES, OldChromium, type OldEngine } from "../support/old-chromium.ts";
import {
  ScriptViewer,
  type ScriptViewerSettings,
  type ScriptViewerState,
  scriptViewerUrl,
} from "../support/script-viewer.ts";
import { shownAddresses } from "../support/shown-addresses.ts";

type OldViewer = ScriptViewer<OldChromium>;

const open: OldViewer[] = [];
test.afterEach(async () => {
  for (const { browser } of open.splice(0)) await browser.close();
});

test.use(shownAddresses);

/** What each engine can play: VP9 in WebM, from 72 on also in MP4. */
const PLAYS: Readonly<Record<OldEngine, Partial<ScriptViewerSettings>>> = {
  64: { manifest: "/vod-webm/master.mpd", script: "dash-5.2-legacy.js" },
  72: { manifest: "/vp9/master.m3u8", script: "hls-1.7.js" },
};

async function watch(
  engine: OldEngine,
  swarm: Swarm,
  settings: Partial<ScriptViewerSettings> = {},
  browser: { readonly before?: string; readonly profile?: string } = {},
): Promise<OldViewer> {
  const url = scriptViewerUrl(swarm, { ...PLAYS[engine], ...settings });
  const viewer = new ScriptViewer(await OldChromium.open(engine, url, browser));
  open.push(viewer);
  return viewer;
}

for (const engine of OLD_ENGINES) {
  test(`Chromium ${engine} plays with Shoal in place as it does without`, async ({ startSwarm }) => {
    const swarm = await startSwarm();
    const plain = await watch(engine, swarm, { shoal: null });
    const shared = await watch(engine, swarm);
    for (const viewer of [plain, shared]) await viewer.until("plays on", ({ playedS }) => playedS > 12);
    expect((await plain.state()).errors).toEqual([]);
    expect(await shared.state()).toMatchObject({ loaded: true, why: "", errors: [] });
  });

  test(`the page survives every failure of WebRTC in Chromium ${engine}`, async ({ startSwarm }) => {
    const swarm = await startSwarm();
    const failures = {
      "no-webrtc": "delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection;",
      throws:
        "window.RTCPeerConnection.prototype.createDataChannel = function () { throw new Error('not built in'); };",
      silent: "window.RTCPeerConnection.prototype.createOffer = function () { return new Promise(function () {}); };",
    };
    const viewers = await Promise.all(Object.values(failures).map((before) => watch(engine, swarm, {}, { before })));
    for (const viewer of viewers) await viewer.until("plays on", ({ playedS }) => playedS > 12);
    await viewers[2]?.until("gives up", ({ stats }) => stats?.offReason !== "starting");
    const [absent, throws, silent] = await Promise.all(viewers.map((viewer) => viewer.state()));
    expect(absent).toMatchObject({ loaded: false, why: "no-webrtc", errors: [] });
    expect(throws).toMatchObject({ errors: [], stats: { offReason: "no-data-channel" } });
    expect(silent).toMatchObject({ errors: [], stats: { offReason: "no-data-channel" } });
  });
}

test("a page that was gone while it tried data channels never tries them again", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  const freezes = "window.RTCPeerConnection.prototype.createOffer = function () { for (;;) {} };";
  const frozen = await watch(72, swarm, {}, { before: freezes });
  await expect.poll(() => frozen.browser.answers(3_000), { timeout: 60_000 }).toBe(false);
  await expect.poll(() => frozen.browser.keeps("trying"), { timeout: 60_000 }).toBe(true);
  // Somebody pulls the plug.
  open.splice(0);
  await frozen.browser.close(true);
  const next = await watch(72, swarm, {}, { profile: frozen.browser.profile });
  await next.until("plays on", ({ playedS }) => playedS > 8);
  expect(await next.state()).toMatchObject({ loaded: false, why: "crashed-before", errors: [] });
});

test("Chromium 72 shares with today's Chromium, and takes at least half from it", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  for (let i = 0; i < 3; i++) await swarm.open({ manifest: "/vp9/master.m3u8" });
  await untilMeshed(swarm);
  const old = await watch(72, swarm);
  // Until it has a buffer it waits for nobody, as it must.
  const { stats: before } = await old.until("meets others and has a buffer", ({ stats, bufferedS }) => {
    return (stats?.neighbours.length ?? 0) > 0 && bufferedS > 5;
  });
  const known = new Set(Object.keys(swarm.origin.counts().segments));
  await swarm.play(30);
  const { stats, errors, playedS } = await old.state();
  expect(errors).toEqual([]);
  expect(playedS).toBeGreaterThan(20);
  expect((stats?.peerBytes ?? 0) - (before?.peerBytes ?? 0)).toBeGreaterThan(0);
  // Which of the four fetches a segment is drawn by its name. If the old one took nothing there would be two copies of each.
  const fresh = Object.entries(swarm.origin.counts().segments).filter(([path]) => !known.has(path));
  const sum = (bytes: readonly number[]): number => bytes.reduce((all, one) => all + one, 0);
  const copies = sum(fresh.map(([, { viewers }]) => viewers.bytes)) / sum(fresh.map(([, { sizeBytes }]) => sizeBytes));
  expect(copies).toBeLessThan(1.5);
  await old.until("gives, too", ({ stats }) => (stats?.uploadedBytes ?? 0) > 0);
});

test("Chromium 64 and 72 share a WebM stream with each other, sealed by the index of its file", async ({
  startSwarm,
}) => {
  const swarm = await startSwarm();
  const first = await watch(64, swarm);
  const second = await watch(72, swarm, PLAYS[64]);
  for (const viewer of [first, second]) {
    await viewer.until("meets the other", ({ stats }) => stats?.neighbours.length === 1);
  }
  const bytes = ({ stats }: ScriptViewerState): number => (stats?.cdnBytes ?? 0) + (stats?.peerBytes ?? 0);
  // The whole file, but for its head and index.
  for (const viewer of [first, second]) await viewer.until("has all", (state) => bytes(state) > 890_000);
  const states = [await first.state(), await second.state()];
  expect(states.map(({ errors }) => errors)).toEqual([[], []]);
  expect(states.map(({ stats }) => stats?.convicted)).toEqual([0, 0]);
  expect(states.reduce((sum, { stats }) => sum + (stats?.peerBytes ?? 0), 0)).toBeGreaterThan(100_000);
});
