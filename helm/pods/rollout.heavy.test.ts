import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Crowd } from "../../tracker/load/src/crowd.ts";
import { PROFILES } from "../../tracker/load/src/profile.ts";
import { freePort, missing, runHaproxy, startRedis } from "../../tracker/load/src/services.fixture.ts";
import { because, CONTROL_PLANE, missingBinaries } from "../cluster/binaries.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { CHART } from "../test/rendered.fixture.ts";
import { startClusterDns } from "./cluster-dns.ts";
import { type PodAgent, startPodAgent } from "./pod-agent.ts";
import { type Sample, waveOf } from "./wave.ts";

const lacks = [...missingBinaries("helm", ...CONTROL_PLANE), ...missing("haproxy", "redis-server")];
const VIEWERS = 2_000;
const PODS = 6;
const cleanups: (() => unknown)[] = [];

describe.skipIf(lacks.length > 0)(`a tracker process for each pod, behind HAProxy${because(lacks)}`, () => {
  let cluster: ControlPlane;
  let agent: PodAgent;
  let url = "";
  const kubectl = (...args: readonly string[]): Promise<string> => cluster.kubectl(["-n", "video", ...args]);

  beforeAll(async () => {
    cluster = await startControlPlane();
    cleanups.push(() => cluster.stop());
    await cluster.addNodes(["eu-1a", "eu-1b", "eu-1c"], 2);
    await cluster.addNamespace("video");
    const settings = [
      `tracker.replicas=${PODS},tracker.open=true,tracker.drain.delayMs=1000,tracker.drain.windowMs=20000`,
      "tracker.maxSurge=100%,tracker.podAnnotations.shoal\\.dev/agent=test,haproxy.hashKey=false,haproxy.checkMs=100,haproxy.maxConnections=8000",
      "haproxy.requestsPerAddress=1000000,sealer.enabled=false,tracker.plannedShards.final=48",
    ];
    await cluster.helm(["install", "shoal", CHART, "-n", "video", "--set", settings.join(",")]);
    const redis = await startRedis();
    cleanups.push(() => redis.stop());
    const [web, inside, port] = await Promise.all([freePort(), freePort(), freePort()]);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(cluster.kubeconfig);
    agent = await startPodAgent(kubeConfig, "video", port, {
      ...{ SHOAL_REDIS_URL: `redis://127.0.0.1:${redis.port}`, SHOAL_ASSIGN_SECRET: "test", SHOAL_ISP_FROM_QUERY: "1" },
      ...{ SHOAL_TRUSTED_PROXIES: "127.0.0.0/8", SHOAL_MAX_SOCKETS_PER_ADDRESS: "100000", SHOAL_LOG_LEVEL: "error" },
    });
    cleanups.push(() => agent.stop());
    const dns = await startClusterDns("shoal-tracker.video.svc.cluster.local", () => agent.addresses());
    cleanups.push(() => dns.close());
    const config = await kubectl("get", "configmap", "shoal-haproxy", "-o", "jsonpath={.data.haproxy\\.cfg}");
    const haproxy = await runHaproxy(
      config
        .replace("bind :8000", `bind 127.0.0.1:${web}`)
        .replace("bind :8404", `bind 127.0.0.1:${inside}`)
        .replace("parse-resolv-conf", `nameserver cluster 127.0.0.1:${dns.port}`)
        .replaceAll(".cluster.local:8000 ", `.cluster.local:${port} `),
      web,
    );
    cleanups.push(() => haproxy.stop("SIGKILL"));
    url = `http://127.0.0.1:${web}`;
    await kubectl("rollout", "status", "deployment/shoal-tracker", "--timeout=60s");
  }, 150_000);
  afterAll(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  }, 60_000);

  it("2,000 viewers see a rolling update and a scale-down: none is lost, and they come back evenly", async () => {
    const crowd = new Crowd({
      ...{
        url,
        viewers: VIEWERS,
        rampMs: 12_000,
        contentId: "final",
        sdp: "compact",
        assigns: true,
        reconnectMs: 8_000,
      },
      ...{ token: null, isps: 4, ispBy: "query", profile: { ...PROFILES.event, stayMs: 1e9, statusEveryMs: 60_000 } },
    });
    cleanups.push(() => crowd.stop());
    crowd.start();
    const { stats } = crowd;
    await expect.poll(() => stats.joined, { timeout: 60_000, interval: 250 }).toBe(VIEWERS);
    expect(agent.running().length).toBe(PODS);

    const during = async (act: () => Promise<unknown>, isDone: () => Promise<boolean>) => {
      let least: number = VIEWERS;
      const samples: Sample[] = [];
      const sample = (): void => {
        const isDraining = agent.addresses().length < agent.running().length;
        samples.push({ atMs: performance.now(), rejoins: stats.counts.rejoins, isDraining });
        least = Math.min(least, stats.joined);
      };
      sample();
      const timer = setInterval(sample, 1_000);
      try {
        await act();
        await expect.poll(isDone, { timeout: 90_000, interval: 250 }).toBe(true);
      } finally {
        clearInterval(timer);
      }
      sample();
      return { least, ...waveOf(samples) };
    };
    const isSettled = (pods: number) => async () =>
      agent.running().length === pods &&
      (await kubectl("get", "pods", "-l", "app.kubernetes.io/component=tracker", "-o", "name")).trim().split("\n")
        .length === pods;

    const old = new Set(agent.running());
    const update = await during(
      () => kubectl("rollout", "restart", "deployment/shoal-tracker"),
      async () => (await isSettled(PODS)()) && agent.running().every((name) => !old.has(name)),
    );
    const smaller = await during(() => kubectl("scale", "deployment/shoal-tracker", "--replicas=3"), isSettled(3));
    for (const [what, { moved, mean, busiest, least }] of Object.entries({ update, smaller })) {
      const rates = `${mean.toFixed(1)} a second, ${busiest.toFixed(1)} in the busiest`;
      console.info(`${what}: ${moved} viewers moved, ${rates}; ${least} joined at the least`);
      expect(least).toBe(VIEWERS);
      expect(mean).toBeGreaterThanOrEqual(30);
      expect(busiest).toBeLessThanOrEqual(2 * mean);
    }
    expect(update.moved).toBeGreaterThanOrEqual(VIEWERS);
    expect(smaller.moved).toBeGreaterThan(VIEWERS / 4);
    expect(stats.counts.lost).toBe(0);
    expect(stats.joined).toBe(VIEWERS);
    // A pod that is busy, or gone a moment ago, may say "not now"; nobody hears anything else.
    console.info(`asked to come again: ${JSON.stringify(stats.refusals)}`);
  }, 280_000);
});
