import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAutoscaler } from "../../tracker/autoscaler/src/autoscaler.ts";
import { autoscalerOptionsFrom } from "../../tracker/autoscaler/src/config.ts";
import { because, CONTROL_PLANE, missingBinaries } from "../cluster/binaries.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { CHART } from "../test/rendered.fixture.ts";
import { dayChart, type Look } from "./day-chart.ts";
import { type ExternalMetric, serveExternalMetric } from "./external-metrics.ts";

const lacks = missingBinaries("helm", ...CONTROL_PLANE);
const CHARTS = fileURLToPath(new URL("../../node_modules/.cache/shoal-event-day", import.meta.url));
/** A minute of the event's day is a second of the test's. */
const FASTER = 60;
const MINUTE_MS = 60_000;
const MAX_SOCKETS = 10_000;
/** Of them a pod is to hold 70 %, says the chart. */
const HELD = 7_000;
const LEAST = 2;

describe.skipIf(lacks.length > 0)(`the event day with an HPA on an external metric${because(lacks)}`, () => {
  let cluster: ControlPlane;
  let metric: ExternalMetric;
  let viewers = 0;
  let ready = LEAST;
  const pods = createServer((_, response) => {
    response.end(`shoal_tracker_connections ${Math.floor(viewers / Math.max(1, ready))}\n`);
  });

  beforeAll(async () => {
    cluster = await startControlPlane();
    await cluster.addNodes(["eu-1a", "eu-1b", "eu-1c"], 4);
    await cluster.addNamespace("video");
    metric = await serveExternalMetric(cluster, "viewers", () => viewers);
    const settings = [
      "autoscaling.mode=hpa,autoscaling.maxReplicas=60,haproxy.maxPods=60,autoscaler.enabled=true,autoscaler.replicas=1",
      "autoscaling.cpuPercent=0,autoscaling.external.metricName=viewers",
      // Minutes of the day are seconds here.
      "autoscaling.behavior.scaleDown.stabilizationWindowSeconds=5,autoscaling.behavior.scaleDown.policies[0].type=Percent",
      "autoscaling.behavior.scaleDown.policies[0].value=30,autoscaling.behavior.scaleDown.policies[0].periodSeconds=1",
    ];
    await cluster.helm(["install", "shoal", CHART, "-n", "video", "--set", settings.join(",")]);
    await cluster.kubectl(["-n", "video", "scale", "deployment/shoal-autoscaler", "--replicas=0"]);
    await new Promise<void>((resolve) => pods.listen(0, "127.0.0.1", resolve));
  }, 120_000);
  afterAll(async () => {
    await metric?.close();
    pods.closeAllConnections();
    pods.close();
    await cluster?.stop();
  });

  it("is raised before it, scales above the floor under load and back to it, is never lowered in it, then goes down step by step", async () => {
    const environment = JSON.parse(
      await cluster.kubectl(["-n", "video", "get", "deployment", "shoal-autoscaler", "-o", "json"]),
    ).spec.template.spec.containers[0].env as readonly { name: string; value?: string }[];
    const { port } = pods.address() as AddressInfo;
    const options = autoscalerOptionsFrom({
      ...Object.fromEntries(environment.map(({ name, value }) => [name, value])),
      ...{ SHOAL_AUTOSCALER_NAMESPACE: "video", SHOAL_AUTOSCALER_HOST: "127.0.0.1", SHOAL_AUTOSCALER_PORT: "0" },
      ...{ SHOAL_AUTOSCALER_POD_METRICS: `http://127.0.0.1:${port}/{name}`, SHOAL_AUTOSCALER_INTERVAL_MS: "300" },
    });
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(await cluster.kubeconfigOf("video", "shoal-autoscaler"));
    const beganMs = Date.now();
    const scale = (ms: number): number => beganMs + (ms - beganMs) * FASTER;
    const autoscaler = await startAutoscaler(
      { ...options, stepDownPercent: 20, stepDownSeconds: 120 },
      { kubeConfig, scale, writeLog: () => {} },
    );
    const looks: Look[] = [];
    const look = async (): Promise<Look> => {
      const [hpa, deployment] = await Promise.all(
        ["hpa", "deployment"].map(async (kind) =>
          JSON.parse(await cluster.kubectl(["-n", "video", "get", kind, "shoal-tracker", "-o", "json"])),
        ),
      );
      ready = deployment.status.readyReplicas ?? 0;
      const seen = {
        ...{ atSeconds: (Date.now() - beganMs) / 1_000, floor: hpa.spec.minReplicas ?? 1, ready },
        ...{ replicas: deployment.spec.replicas as number, load: viewers / HELD },
      };
      looks.push(seen);
      return seen;
    };
    const seen = (read: (now: Look) => unknown) =>
      expect.poll(async () => read(await look()), { timeout: 90_000, interval: 300 });
    try {
      await seen(({ floor }) => floor).toBe(LEAST);
      const startMs = Date.now() + 20 * MINUTE_MS;
      const endMs = startMs + 70 * MINUTE_MS;
      const event = {
        ...{ apiVersion: "shoal.dev/v1alpha1", kind: "LiveEvent", metadata: { name: "final" } },
        spec: {
          ...{
            streams: ["live/final"],
            expectedViewers: 10 * MAX_SOCKETS,
            joinCurve: [{ afterSeconds: 600, percent: 100 }],
          },
          ...{ start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() },
        },
      };
      await cluster.kubectl(["-n", "video", "create", "-f", "-"], JSON.stringify(event));
      const phase = (): Promise<string> =>
        cluster.kubectl(["-n", "video", "get", "liveevent", "final", "-o", "jsonpath={.status.phase}"]);

      // 10 by sockets and one to spare, all ready before anybody comes.
      await seen((now) => [now.floor, now.ready]).toEqual([11, 11]);
      expect(await phase()).toBe("Preparing");
      await seen(phase).toBe("Live");

      // Twice as many as were expected: the HPA answers, the floor stays.
      viewers = 25 * HELD;
      // An HPA lets a tenth pass: 23 are near enough to 25.
      await seen(({ replicas }) => replicas).toBeGreaterThanOrEqual(23);
      expect(looks.at(-1)?.floor).toBeGreaterThanOrEqual(11);
      viewers = 3 * HELD;
      await seen((now) => now.replicas === now.floor).toBe(true);
      const inEvent = looks.slice(looks.findIndex((now) => Math.min(now.floor, now.replicas, now.ready) >= 11));
      expect(await phase()).toBe("Live");
      for (const now of inEvent) expect(Math.min(now.floor, now.replicas, now.ready)).toBeGreaterThanOrEqual(11);

      await seen(phase).toBe("Over");
      const fromHere = looks.length;
      viewers = 0;
      await seen((now) => [now.floor, now.replicas]).toEqual([LEAST, LEAST]);
      const after = looks.slice(fromHere).map(({ floor }) => floor);
      for (const [at, floor] of after.entries()) {
        const before = after[at - 1] ?? floor;
        expect(floor).toBeLessThanOrEqual(before);
        // Two steps at most lie between two looks.
        expect(before - floor).toBeLessThanOrEqual(2 * Math.max(1, Math.floor(before / 5)));
      }
      expect(new Set(after).size).toBeGreaterThan(3);
    } finally {
      await autoscaler.close();
      mkdirSync(CHARTS, { recursive: true });
      writeFileSync(`${CHARTS}/hpa.svg`, dayChart("HPA on an external metric; a minute is a second", looks));
    }
  }, 400_000);
});
