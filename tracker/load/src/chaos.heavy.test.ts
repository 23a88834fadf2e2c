import { afterEach, expect, it } from "vitest";
import { Crowd } from "./crowd.ts";
import { components } from "./mesh-graph.ts";
import { type OwnTracker, startOwnTracker } from "./own-tracker.ts";
import { PROFILES } from "./profile.ts";
import { missing, startHaproxy, startRedis } from "./services.fixture.ts";
import { parseTrackerUse, readTrackerUse } from "./tracker-gauge.ts";

const lacks = missing("haproxy", "redis-server");
const VIEWERS = 3_000;
const RECONNECT_MS = 8_000;
const WINDOW_S = 15;
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const held = (pods: readonly OwnTracker[]): Promise<number[]> =>
  Promise.all(pods.map(async ({ url }) => (await readTrackerUse(`${url}/metrics`))?.connections ?? 0));

const why = lacks.length > 0 ? ` (missing: ${lacks.join(", ")})` : "";

it.skipIf(lacks.length > 0)(
  `3,000 viewers in 32 shards over three pods: one killed, one drained, Redis away for 30 s, nobody lost${why}`,
  { timeout: 400_000 },
  async () => {
    const redis = await startRedis();
    cleanups.push(() => redis.stop());
    const environment = {
      SHOAL_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      SHOAL_PLANNED_SHARDS: '{"live/final":32}',
      SHOAL_ASSIGN_SECRET: "test",
      SHOAL_TRUSTED_PROXIES: "127.0.0.0/8",
      SHOAL_ISP_FROM_QUERY: "1",
      SHOAL_MAX_SOCKETS_PER_ADDRESS: "100000",
      SHOAL_DRAIN_DELAY_MS: "1000",
      SHOAL_DRAIN_WINDOW_MS: String(WINDOW_S * 1_000),
      SHOAL_LOG_LEVEL: "error",
    };
    const pods: OwnTracker[] = [];
    for (let at = 0; at < 3; at++) {
      const pod = await startOwnTracker({ ...environment, SHOAL_POD: `pod-${at}` });
      pods.push(pod);
      cleanups.push(() => pod.stop());
    }
    const haproxy = await startHaproxy(pods.map(({ url }, at) => ({ name: `pod-${at}`, address: url.slice(7) })));
    cleanups.push(() => haproxy.stop());
    const profile = { ...PROFILES.event, stayMs: 1e9, statusEveryMs: 60_000, wantEveryMs: 20_000 };
    const crowd = new Crowd({
      ...{ url: `http://127.0.0.1:${haproxy.port}`, viewers: VIEWERS, rampMs: 12_000, contentId: "live/final" },
      ...{ sdp: "compact", assigns: true, reconnectMs: RECONNECT_MS, token: null, isps: 4, ispBy: "query", profile },
    });
    cleanups.push(() => crowd.stop());
    crowd.start();
    const everybody = (): unknown =>
      expect.poll(() => crowd.stats.joined, { timeout: 120_000, interval: 250 }).toBe(VIEWERS);
    const oneMesh = (): unknown =>
      expect.poll(() => components(crowd.viewers), { timeout: 60_000, interval: 1_000 }).toEqual([VIEWERS]);

    await everybody();
    await oneMesh();
    const shards = new Set([...crowd.viewers].map(({ shard }) => shard));
    expect(shards.size).toBeGreaterThanOrEqual(32);
    const spread = await held(pods);
    expect(Math.max(...spread)).toBeLessThanOrEqual(1.4 * (VIEWERS / 3) + 1);

    // Redis stops for 30 s. Nobody is disconnected for it.
    const lostBefore = crowd.stats.counts.lost;
    await redis.stop("SIGKILL");
    await pause(30_000);
    expect(crowd.stats.joined).toBe(VIEWERS);
    expect(crowd.stats.counts.lost).toBe(lostBefore);
    const again = await startRedis(redis.port);
    cleanups.push(() => again.stop());
    const isBack = async ({ url }: OwnTracker): Promise<boolean> =>
      /^shoal_tracker_relay_connected 1$/m.test(await (await fetch(`${url}/metrics`)).text());
    await expect.poll(async () => (await Promise.all(pods.map(isBack))).every(Boolean), { timeout: 30_000 }).toBe(true);

    // One pod drains. Its viewers leave over the window, not at once, and none of them is without a tracker meanwhile.
    const drained = pods[2];
    if (!drained) throw new Error("There is no third pod.");
    const before = (await held([drained]))[0] ?? 0;
    process.kill(drained.pid, "SIGTERM");
    const left: number[] = [];
    let least = VIEWERS;
    for (let second = 0; second < WINDOW_S; second++) {
      await pause(1_000);
      left.push((await held([drained]))[0] ?? 0);
      least = Math.min(least, crowd.stats.joined);
    }
    expect(await drained.ended).toBe(0);
    expect(least).toBe(VIEWERS);
    const steps = left.map((count, at) => (left[at - 1] ?? before) - count);
    expect(Math.max(...steps)).toBeLessThan(before / 3);
    await everybody();
    expect(crowd.stats.counts.lost).toBe(lostBefore);

    // One pod is killed. Its viewers are back within their jitter: two tries, at most three times the first wait.
    const killed = pods[1];
    if (!killed) throw new Error("There is no second pod.");
    process.kill(killed.pid, "SIGKILL");
    await killed.ended;
    await expect.poll(() => crowd.stats.counts.lost, { timeout: 10_000 }).toBeGreaterThan(lostBefore);
    await everybody();
    await oneMesh();
    expect(await held(pods.slice(0, 1))).toEqual([VIEWERS]);
    expect(parseTrackerUse("")).toBeNull();
  },
);
