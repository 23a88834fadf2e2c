import { readFileSync } from "node:fs";
import { startTracker, type Tracker } from "@shoal/tracker";
import { afterEach, describe, expect, it } from "vitest";
import { HAPROXY_DEFAULTS, haproxyConfig } from "../../server/src/shards/haproxy-config.ts";
import { Crowd, type CrowdSettings } from "./crowd.ts";
import { components } from "./mesh-graph.ts";
import { PROFILES } from "./profile.ts";
import { checkHaproxy, missing, type Service, startHaproxy, startRedis, TEMPLATE } from "./services.fixture.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const lacks = missing("haproxy", "redis-server");

/** Far beyond what it takes: a busy machine is no failure. */
const eventually = <T>(get: () => T) => expect.poll(get, { timeout: 50_000, interval: 100 });

async function start(count: number, more: Parameters<typeof startTracker>[0] = {}) {
  const redis = await startRedis();
  cleanups.push(() => redis.stop());
  const pods: Tracker[] = [];
  for (let at = 0; at < count; at++) {
    const pod = await startTracker(
      {
        ...{ host: "127.0.0.1", port: 0, open: true, ispFromQuery: true, pod: `pod-${at}` },
        ...{ redisUrl: `redis://127.0.0.1:${redis.port}`, trustedProxies: ["127.0.0.1"], assignSecret: "test" },
        ...more,
      },
      { writeLog: () => {} },
    );
    pods.push(pod);
    cleanups.push(() => pod.close());
  }
  const haproxy = await startHaproxy(pods.map(({ url }, at) => ({ name: `pod-${at}`, address: url.slice(7) })));
  cleanups.push(() => haproxy.stop());
  return { redis, pods, url: `http://127.0.0.1:${haproxy.port}` };
}

function crowd(url: string, viewers: number, more: Partial<CrowdSettings> = {}): Crowd {
  const made = new Crowd({
    ...{ url, viewers, rampMs: 500, contentId: "live/final", sdp: "compact", assigns: false, reconnectMs: 500 },
    ...{ token: null, isps: 3, ispBy: "query", profile: { ...PROFILES.event, stayMs: 1e9 }, ...more },
  });
  cleanups.push(() => made.stop());
  made.start();
  return made;
}

describe.skipIf(lacks.length > 0)(
  `with HAProxy and Redis${lacks.length > 0 ? ` (missing: ${lacks.join(", ")})` : ""}`,
  () => {
    it("Debian's HAProxy takes the chart's template without a word", () => {
      const servers = [{ name: "pod-0", address: "127.0.0.1:8001" }];
      expect(
        checkHaproxy(haproxyConfig(TEMPLATE, { ...HAPROXY_DEFAULTS, bind: ":8000", servers, maxConnections: 1_000 })),
      ).toBe("");
    });

    it("keeps a small swarm on one pod, though there are three", async () => {
      const { url, pods } = await start(3);
      const { stats } = crowd(url, 30);
      await eventually(() => stats.joined).toBe(30);
      const held = await Promise.all(pods.map((pod) => connectionsOf(pod.url)));
      expect(held.toSorted()).toEqual([0, 0, 30].toSorted());
    });

    it("makes one mesh of one swarm of 30 that is spread over three pods", async () => {
      const { url, pods } = await start(3, { plannedShards: { "live/final": 64 } });
      const made = crowd(url, 30, { assigns: true });
      await eventually(() => made.stats.joined).toBe(30);
      const held = await Promise.all(pods.map((pod) => connectionsOf(pod.url)));
      expect(held.filter((count) => count > 0).length).toBeGreaterThan(1);
      await eventually(() => components(made.viewers)).toEqual([30]);
    });

    it("tells viewers of every pod what an operator told one of them", async () => {
      const { pods } = await start(2);
      const [first, second] = pods;
      const near = crowd(first?.url ?? "", 1);
      const far = crowd(second?.url ?? "", 1);
      await eventually(() => near.stats.joined + far.stats.joined).toBe(2);
      first?.applyConfig({ sharing: "off", maxPeers: null, memoryBytes: null, rules: [] });
      await eventually(() => [near.stats.counts.configs, far.stats.counts.configs]).toEqual([1, 1]);
    });

    it("goes on without Redis, and reaches the other pods again when it is back", async () => {
      const { url, pods, redis } = await start(2, { plannedShards: { "live/final": 64 } });
      await redis.stop("SIGKILL");
      const made = crowd(url, 12, { assigns: true });
      await eventually(() => made.stats.joined).toBe(12);
      expect(components(made.viewers).length).toBeGreaterThan(0);
      const again: Service = await startRedis(redis.port);
      cleanups.push(() => again.stop());
      await eventually(async () =>
        Promise.all(pods.map(({ url: at }) => metricOf(at, "shoal_tracker_relay_connected"))),
      ).toEqual([1, 1]);
      await eventually(() => components(made.viewers)).toEqual([12]);
    });

    it("empties a pod that drains, and loses nobody on the way", async () => {
      const { url, pods } = await start(2, {
        plannedShards: { "live/final": 64 },
        drainDelayMs: 400,
        drainWindowMs: 1_500,
      });
      const made = crowd(url, 40, { assigns: true });
      await eventually(() => made.stats.joined).toBe(40);
      await pods[0]?.drain();
      await eventually(() => made.stats.joined).toBe(40);
      expect(await connectionsOf(pods[1]?.url ?? "")).toBe(40);
      expect(made.stats.counts.moves).toBeGreaterThan(0);
      expect(made.stats.counts.lost).toBe(0);
    });
  },
);

it("the template is the chart's, and every word of it is filled in", () => {
  expect(readFileSync(new URL("../../../helm/shoal/files/haproxy.cfg.tpl", import.meta.url), "utf8")).toBe(TEMPLATE);
  expect(() => haproxyConfig("@NOBODY@", { ...HAPROXY_DEFAULTS, bind: ":1", servers: [] })).toThrow(/@NOBODY@/);
});

async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")[1],
  );
}

const connectionsOf = (url: string): Promise<number> => metricOf(url, "shoal_tracker_connections");
