import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { because, CONTROL_PLANE, missingBinaries } from "../../../helm/cluster/binaries.ts";
import { type ControlPlane, startControlPlane } from "../../../helm/cluster/control-plane.ts";
import { type InstalledAutoscaler, installAutoscaler } from "../../../helm/cluster/installed-autoscaler.ts";
import { type ExternalMetric, serveExternalMetric } from "../../../helm/event-day/external-metrics.ts";
import { type Autoscaler, startAutoscaler } from "./autoscaler.ts";

const lacks = missingBinaries("helm", ...CONTROL_PLANE);
const MINUTE_MS = 60_000;
const BEGAN_MS = Date.parse("2030-07-14T17:00:00Z");

interface Listed {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly deletionTimestamp?: string;
      readonly creationTimestamp: string;
    };
    readonly status: { readonly startTime?: string };
  }[];
}

describe.skipIf(lacks.length > 0)(`which trackers go, on a real control plane${because(lacks)}`, () => {
  let cluster: ControlPlane;
  let metric: ExternalMetric;
  let installed: InstalledAutoscaler;
  let autoscaler: Autoscaler | null = null;
  /** The moment by which events are judged. */
  let nowMs = BEGAN_MS;
  /** Load as the HPA sees it, in viewers. */
  let load = 0;
  let viewersOf = new Map<string, number>();
  const metrics = createServer((request, response) => {
    response.end(`shoal_tracker_connections ${viewersOf.get((request.url ?? "").slice(1)) ?? 0}\n`);
  });
  const eventually = <T>(get: () => T) => expect.poll(get, { timeout: 50_000, interval: 200 });
  const kubectl = (...args: string[]): Promise<string> => cluster.kubectl(["-n", "video", ...args]);
  /** Pods that stay, in the order in which Kubernetes by itself would keep them: the newest would go first. */
  const pods = async (): Promise<readonly string[]> => {
    const text = await kubectl("get", "pods", "-l", "app.kubernetes.io/component=tracker", "-o", "json");
    return (JSON.parse(text) as Listed).items
      .filter(({ metadata }) => !metadata.deletionTimestamp)
      .map(({ metadata, status }) => ({ name: metadata.name, began: status.startTime ?? metadata.creationTimestamp }))
      .sort((a, b) => a.began.localeCompare(b.began) || a.name.localeCompare(b.name))
      .map(({ name }) => name);
  };
  const fullest = (count: number): readonly string[] =>
    [...viewersOf]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name]) => name)
      .sort();
  const ready = (): Promise<string> =>
    kubectl("get", "deployment", "shoal-tracker", "-o", "jsonpath={.status.readyReplicas}");

  beforeAll(async () => {
    cluster = await startControlPlane();
    await cluster.addNodes(["eu-1a", "eu-1b", "eu-1c"], 2);
    await cluster.addNamespace("video");
    metric = await serveExternalMetric(cluster, "viewers", () => load);
    await new Promise<void>((resolve) => metrics.listen(0, "127.0.0.1", resolve));
    const { port } = metrics.address() as AddressInfo;
    const settings = [
      "autoscaling.mode=hpa,autoscaling.external.metricName=viewers,autoscaling.cpuPercent=0",
      // As soon as the floor or the load falls, pods go.
      "autoscaling.behavior.scaleDown.stabilizationWindowSeconds=0,autoscaling.behavior.scaleDown.policies[0].type=Percent",
      "autoscaling.behavior.scaleDown.policies[0].value=100,autoscaling.behavior.scaleDown.policies[0].periodSeconds=1",
    ];
    installed = await installAutoscaler(cluster, "video", settings, `http://127.0.0.1:${port}/{name}`);
    autoscaler = await startAutoscaler(
      { ...installed.options, intervalMs: 200, stepDownPercent: 25 },
      { kubeConfig: installed.kubeConfig, scale: () => nowMs, writeLog: () => {} },
    );
  }, 120_000);
  afterAll(async () => {
    await autoscaler?.close();
    metrics.closeAllConnections();
    metrics.close();
    await metric?.close();
    await cluster?.stop();
  });

  it("those with the fewest viewers, at each step by what they hold then, whoever is newest", async () => {
    const event = {
      ...{ apiVersion: "shoal.dev/v1alpha1", kind: "LiveEvent", metadata: { name: "final" } },
      spec: {
        ...{ streams: ["live/final"], expectedViewers: 110_000, joinCurve: [{ afterSeconds: 600, percent: 100 }] },
        start: new Date(BEGAN_MS + 5 * MINUTE_MS).toISOString(),
        end: new Date(BEGAN_MS + 60 * MINUTE_MS).toISOString(),
      },
    };
    await cluster.kubectl(["-n", "video", "create", "-f", "-"], JSON.stringify(event));
    await eventually(ready).toBe("12");

    // The newest hold the most: without marks they would go first.
    let left = await pods();
    viewersOf = new Map(left.map((name, at) => [name, 10 * (at + 1)]));
    const end = BEGAN_MS + 61 * MINUTE_MS;
    for (const [step, count] of [9, 7, 6].entries()) {
      const stay = fullest(count);
      nowMs = end + step * 2 * MINUTE_MS;
      await eventually(async () => (await pods()).toSorted()).toEqual(stay);
      left = await pods();
      // Meanwhile viewers have moved: the fullest is the emptiest now. The next step is not before the clock says so.
      viewersOf = new Map(left.map((name) => [name, 1_000 - (viewersOf.get(name) ?? 0)]));
    }
  });

  it("those as well when load falls that was above the floor", async () => {
    const floor = (): Promise<string> => kubectl("get", "hpa", "shoal-tracker", "-o", "jsonpath={.spec.minReplicas}");
    // Down to where no step is left that would mark them.
    while ((await floor()) !== "2") {
      const before = await floor();
      nowMs += 2 * MINUTE_MS;
      await eventually(floor).not.toBe(before);
    }
    load = 12 * 7_000;
    await eventually(ready).toBe("12");
    const all = await pods();
    viewersOf = new Map(all.map((name, at) => [name, 10 * (at + 1)]));
    nowMs += 2 * MINUTE_MS;
    const costs = async (): Promise<readonly number[]> =>
      (await kubectl("get", "pods", "-l", "app.kubernetes.io/component=tracker", "-o", COSTS))
        .trim()
        .split(" ")
        .map(Number)
        .toSorted((a, b) => a - b);
    await eventually(costs).toEqual(all.map((_, at) => 10 * (at + 1)));
    const stay = fullest(2);
    load = 0;
    await eventually(async () => (await pods()).toSorted()).toEqual(stay);
  });
});

const COSTS =
  "jsonpath={range .items[*]}{.metadata.annotations.controller\\.kubernetes\\.io/pod-deletion-cost}{' '}{end}";
