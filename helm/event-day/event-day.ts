import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { startAutoscaler } from "../../tracker/autoscaler/src/autoscaler.ts";
import type { ControlPlane } from "../cluster/control-plane.ts";
import { installAutoscaler } from "../cluster/installed-autoscaler.ts";
import type { Manifest } from "../test/rendered.fixture.ts";
import { dayChart, type Look } from "./day-chart.ts";

const CHARTS = fileURLToPath(new URL("../../node_modules/.cache/shoal-event-day", import.meta.url));
/** A minute of the event's day is a second of the test's. */
const FASTER = 60;
export const MINUTE_MS = 60_000;
/** Floor of a day without any event. */
export const LEAST = 3;
const STEP_DOWN_PERCENT = 20;

/** Who watches: what makes the load of a day. */
export interface Audience {
  /** Viewers who are there. */
  readonly viewers: number;
  /** Resolves when so many are there. */
  become(viewers: number): Promise<void>;
  /** What a pod of this name says of itself on `/metrics`. */
  metricsOf(pod: string): Promise<string>;
}

/** What scales, beside the autoscaler that moves its floor. */
export interface Scaling {
  readonly title: string;
  /** Kind, for kubectl, and where its floor stands in its `spec`. */
  readonly kind: "hpa" | "scaledobject";
  readonly floor: "minReplicas" | "minReplicaCount";
  /** Values of the chart that choose it. */
  readonly settings: readonly string[];
  /** Viewers that a pod takes at most. */
  readonly maxSockets: number;
}

/** A day with the chart installed and its autoscaler running. */
export interface EventDay {
  readonly audience: Audience;
  readonly looks: readonly Look[];
  readonly maxSockets: number;
  /** Of them a pod is to hold 70 %, says the chart. */
  readonly heldViewers: number;
  look(): Promise<Look>;
  /** Looks until it is so. */
  seen(read: (now: Look) => unknown): ReturnType<typeof expect.poll>;
  /** Announces an event from now on in so many milliseconds of the day. */
  announce(viewers: number, inMs: number, lastsMs: number): Promise<void>;
  phase(): Promise<string>;
  /** Names of the trackers' pods that are not on their way out. */
  pods(): Promise<readonly string[]>;
  /** As kubectl reads it, in the chart's namespace. */
  read(kind: string, name: string): Promise<unknown>;
  /** Draws what was seen, as `NAME.svg`, and ends what was started. */
  close(name: string): Promise<void>;
}

/** Installs the chart and starts its autoscaler as the chart has it, with its own rights. */
export async function beginDay(cluster: ControlPlane, scaling: Scaling, audience: Audience): Promise<EventDay> {
  const { maxSockets } = scaling;
  const heldViewers = (maxSockets * 7) / 10;
  const settings = [
    `autoscaling.minReplicas=${LEAST},autoscaling.maxReplicas=60,haproxy.maxPods=60,autoscaling.cpuPercent=0`,
    `tracker.maxSockets=${maxSockets}`,
    // Minutes of the day are seconds here: ten, as the chart has it.
    "autoscaling.behavior.scaleDown.stabilizationWindowSeconds=10,autoscaling.behavior.scaleDown.policies[0].type=Percent",
    "autoscaling.behavior.scaleDown.policies[0].value=30,autoscaling.behavior.scaleDown.policies[0].periodSeconds=1",
  ];
  await cluster.addNodes(["eu-1a", "eu-1b", "eu-1c"], 4);
  await cluster.addNamespace("video");
  const metrics = createServer((request, response) => {
    audience.metricsOf((request.url ?? "").slice(1)).then(
      (text) => response.end(text),
      () => response.writeHead(503).end(),
    );
  });
  await new Promise<void>((resolve) => metrics.listen(0, "127.0.0.1", resolve));
  const { port } = metrics.address() as AddressInfo;
  const read = async (kind: string, name: string): Promise<unknown> =>
    JSON.parse(await cluster.kubectl(["-n", "video", "get", kind, name, "-o", "json"]));
  const url = `http://127.0.0.1:${port}/{name}`;
  const { options, kubeConfig } = await installAutoscaler(cluster, "video", [...settings, ...scaling.settings], url);
  const beganMs = Date.now();
  const autoscaler = await startAutoscaler(
    { ...options, intervalMs: 300, stepDownPercent: STEP_DOWN_PERCENT, stepDownSeconds: 120 },
    { kubeConfig, scale: (ms) => beganMs + (ms - beganMs) * FASTER, writeLog: () => {} },
  );

  const looks: Look[] = [];
  const look = async (): Promise<Look> => {
    const [scaled, deployment] = (await Promise.all([
      read(scaling.kind, "shoal-tracker"),
      read("deployment", "shoal-tracker"),
    ])) as [Manifest, Manifest & { readonly status: { readonly readyReplicas?: number } }];
    const seen = {
      ...{ atSeconds: (Date.now() - beganMs) / 1_000, floor: Number(scaled.spec?.[scaling.floor] ?? 1) },
      ...{ replicas: deployment.spec?.replicas ?? 0, ready: deployment.status.readyReplicas ?? 0 },
      load: audience.viewers / heldViewers,
    };
    looks.push(seen);
    return seen;
  };
  return {
    ...{ audience, looks, maxSockets, heldViewers, look, read },
    seen: (of) => expect.poll(async () => of(await look()), { timeout: 90_000, interval: 300 }),
    announce: async (expectedViewers, inMs, lastsMs) => {
      // The day runs faster than the clock, and began when this one did.
      const startMs = beganMs + (Date.now() - beganMs) * FASTER + inMs;
      const event = {
        ...{ apiVersion: "shoal.dev/v1alpha1", kind: "LiveEvent", metadata: { name: "final" } },
        spec: {
          ...{ streams: ["live/final"], expectedViewers, joinCurve: [{ afterSeconds: 600, percent: 100 }] },
          ...{ start: new Date(startMs).toISOString(), end: new Date(startMs + lastsMs).toISOString() },
        },
      };
      await cluster.kubectl(["-n", "video", "create", "-f", "-"], JSON.stringify(event));
    },
    phase: () => cluster.kubectl(["-n", "video", "get", "liveevent", "final", "-o", "jsonpath={.status.phase}"]),
    pods: async () => {
      const selector = ["-l", "app.kubernetes.io/component=tracker", "-o", "json"];
      const { items } = JSON.parse(await cluster.kubectl(["-n", "video", "get", "pods", ...selector])) as {
        items: readonly { metadata: { name: string; deletionTimestamp?: string } }[];
      };
      return items.flatMap(({ metadata }) => (metadata.deletionTimestamp ? [] : [metadata.name])).sort();
    },
    close: async (name) => {
      await autoscaler.close();
      metrics.closeAllConnections();
      metrics.close();
      mkdirSync(CHARTS, { recursive: true });
      writeFileSync(`${CHARTS}/${name}.svg`, dayChart(`${scaling.title}; a minute is a second`, looks));
    },
  };
}
