import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { AutoscalingV2Api, CoordinationV1Api, CoreV1Api, CustomObjectsApi, KubeConfig } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { because, missingForCluster } from "../../../helm/cluster/binaries.ts";
import type { ControlPlane } from "../../../helm/cluster/control-plane.ts";
import { installAutoscaler } from "../../../helm/cluster/installed-autoscaler.ts";
import { openCluster } from "../../../helm/cluster/open-cluster.ts";
import { type AutoscalerWorld, startAutoscaler } from "./autoscaler.ts";
import { ConflictError, type EventStatus } from "./cluster.ts";
import type { AutoscalerOptions, Target } from "./config.ts";
import { createKubeCluster } from "./kube-cluster.ts";

const lacks = missingForCluster();
const ZONES = ["eu-1a", "eu-1b", "eu-1c"];
const EVENTS = { group: "shoal.dev", version: "v1alpha1", namespace: "video", plural: "liveevents" } as const;
/** A minute of the event's day is a second of the test's. */
const FASTER = 60;
const MINUTE_MS = 60_000;

describe.skipIf(lacks.length > 0)(`on a real control plane${because(lacks)}`, () => {
  let cluster: ControlPlane;
  let asItself: KubeConfig;
  let itsKubeconfig: string;
  let admin: KubeConfig;
  let given: AutoscalerOptions;
  /** Viewers of each pod, as its metrics say; `null`: it says nothing. */
  let viewers: number | null = 0;
  const metrics = createServer((_, response) => {
    if (viewers === null) response.writeHead(503).end();
    else response.end(`shoal_tracker_connections ${viewers}\n`);
  });
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    cluster = await openCluster();
    await cluster.addNodes(ZONES, 4);
    await cluster.addNamespace("video");
    const zones = ZONES.map((zone, at) => `zones[${at}].name=${zone}`).join(",");
    await new Promise<void>((resolve) => metrics.listen(0, "127.0.0.1", resolve));
    const { port } = metrics.address() as AddressInfo;
    const settings = [zones, "autoscaling.mode=hpa,autoscaling.maxReplicas=60,haproxy.maxPods=60"];
    const installed = await installAutoscaler(cluster, "video", settings, `http://127.0.0.1:${port}/{name}`);
    given = { ...installed.options, intervalMs: 200 };
    itsKubeconfig = installed.path;
    asItself = installed.kubeConfig;
    admin = load(cluster.kubeconfig);
  }, 120_000);
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  afterAll(async () => {
    metrics.closeAllConnections();
    metrics.close();
    await cluster?.stop();
  });

  const start = async (more: Partial<AutoscalerOptions> = {}, world: AutoscalerWorld = {}) => {
    const made = await startAutoscaler({ ...given, ...more }, { kubeConfig: asItself, writeLog: () => {}, ...world });
    cleanups.push(() => made.close());
    return made;
  };
  const eventually = <T>(get: () => T) => expect.poll(get, { timeout: 50_000, interval: 200 });
  const floors = async (): Promise<readonly number[]> => {
    const { items } = await admin
      .makeApiClient(AutoscalingV2Api)
      .listNamespacedHorizontalPodAutoscaler({ namespace: "video" });
    return items.map(({ spec }) => spec?.minReplicas ?? 1);
  };
  const statusOf = async (name: string): Promise<EventStatus> => {
    const found = await admin.makeApiClient(CustomObjectsApi).getNamespacedCustomObject({ ...EVENTS, name });
    return (found as { status?: EventStatus }).status ?? {};
  };
  const announce = async (name: string, startMs: number, endMs: number): Promise<void> => {
    const body = {
      ...{ apiVersion: "shoal.dev/v1alpha1", kind: "LiveEvent", metadata: { name } },
      spec: {
        ...{ streams: ["live/final"], expectedViewers: 1_000_000 },
        ...{ start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() },
      },
    };
    const objects = admin.makeApiClient(CustomObjectsApi);
    await objects.createNamespacedCustomObject({ ...EVENTS, body });
    cleanups.push(() => objects.deleteNamespacedCustomObject({ ...EVENTS, name }));
  };

  it("may do what it needs, and not the next thing", async () => {
    const may = async (verb: string, what: string): Promise<boolean> => {
      const as = "--as=system:serviceaccount:video:shoal-autoscaler";
      const said = await cluster
        .kubectl(["-n", "video", "auth", "can-i", verb, what, as])
        .catch((error: Error) => error.message);
      return said.trim() === "yes";
    };
    const name = "horizontalpodautoscalers.autoscaling/shoal-tracker-eu-1a";
    const lease = "leases.coordination.k8s.io/shoal-autoscaler";
    const allowed = [
      ...[
        ["get", name],
        ["patch", name],
        ["list", "pods"],
        ["patch", "pods"],
        ["list", "liveevents.shoal.dev"],
      ],
      ...[
        ["create", "leases.coordination.k8s.io"],
        ["update", lease],
        ["create", "events"],
      ],
    ] as const;
    const denied = [
      ...[
        ["delete", name],
        ["patch", "horizontalpodautoscalers.autoscaling/other"],
        ["delete", "pods"],
      ],
      ...[
        ["create", "pods"],
        ["get", "secrets"],
        ["list", "secrets"],
        ["patch", "liveevents.shoal.dev"],
        ["delete", lease],
      ],
      ...[
        ["update", "leases.coordination.k8s.io/other"],
        ["patch", "deployments.apps/shoal-tracker-eu-1a"],
        ["list", "nodes"],
      ],
    ] as const;
    for (const [verb, what] of allowed) expect(await may(verb ?? "", what ?? ""), `${verb} ${what}`).toBe(true);
    for (const [verb, what] of denied) expect(await may(verb ?? "", what ?? ""), `${verb} ${what}`).toBe(false);
  });

  it("a floor that somebody changed meanwhile is not overwritten", async () => {
    const api = createKubeCluster(asItself, { ...given, identity: "test" });
    const [target] = given.targets as readonly [Target];
    const before = await api.floor(target);
    await api.setFloor(target, before, 3, null);
    await expect(api.setFloor(target, before, 1, null)).rejects.toBeInstanceOf(ConflictError);
    expect((await api.floor(target)).least).toBe(3);
    await api.setFloor(target, await api.floor(target), 2, null);
  });

  it("a million in half an hour: ready before the start, nothing lowered though the API goes, then down step by step", async () => {
    viewers = 100;
    const beganMs = Date.now();
    const scale = (ms: number): number => beganMs + (ms - beganMs) * FASTER;
    const startMs = beganMs + 27 * MINUTE_MS;
    const endMs = startMs + 12 * MINUTE_MS;
    await start({ stepDownPercent: 30 }, { scale });
    await eventually(floors).toEqual([2, 2, 2]);
    await announce("final", startMs, endMs);
    await eventually(async () => (await statusOf("final")).phase).toBe("Preparing");
    await eventually(floors).toEqual([35, 35, 35]);
    await eventually(
      async () => (await statusOf("final")).conditions?.find(({ type }) => type === "Ready")?.status,
    ).toBe("True");
    const prepared = await statusOf("final");
    expect(prepared).toMatchObject({ phase: "Preparing", plannedReplicas: 105, readyReplicas: 105 });
    const pods = await admin.makeApiClient(CoreV1Api).listNamespacedPod({
      ...{ namespace: "video", labelSelector: "app.kubernetes.io/component=tracker" },
    });
    const byZone = (zone: string): number =>
      pods.items.filter(({ spec }) => spec?.nodeName?.startsWith(`node-${zone}-`)).length;
    expect(ZONES.map(byZone)).toEqual([35, 35, 35]);

    await eventually(async () => (await statusOf("final")).phase).toBe("Live");
    expect((await statusOf("final")).conditions?.find(({ type }) => type === "Short")?.status).toBe("False");
    // A cluster of others goes on as it is.
    if (cluster.isOwn) {
      await cluster.stopApi();
      await cluster.startApi();
    }
    expect(await floors()).toEqual([35, 35, 35]);
    // While pods do not say how many viewers they have, nothing is lowered, though the event is over.
    viewers = null;
    await eventually(async () => (await statusOf("final")).phase).toBe("Over");
    expect(await floors()).toEqual([35, 35, 35]);

    viewers = 2_000;
    const seen: (readonly number[])[] = [await floors()];
    await eventually(async () => {
      seen.push(await floors());
      return seen.at(-1);
    }).toEqual([7, 7, 7]);
    for (const [at, next] of seen.entries()) {
      for (const [zone, floor] of next.entries()) {
        const before = seen[at - 1]?.[zone] ?? floor;
        expect(floor).toBeLessThanOrEqual(before);
        // Two steps at most lie between two looks.
        expect(floor).toBeGreaterThanOrEqual(Math.floor(before * 0.49) - 2);
      }
    }
    const marked = await admin.makeApiClient(CoreV1Api).listNamespacedPod({
      ...{ namespace: "video", labelSelector: "app.kubernetes.io/component=tracker" },
    });
    const costs = marked.items.map(
      ({ metadata }) => metadata?.annotations?.["controller.kubernetes.io/pod-deletion-cost"],
    );
    expect(new Set(costs)).toEqual(new Set(["2000"]));
    viewers = 0;
    await eventually(floors).toEqual([2, 2, 2]);
    const { items } = await admin.makeApiClient(CoreV1Api).listNamespacedEvent({ namespace: "video" });
    const reasons = new Set(
      items.filter(({ source }) => source?.component === "shoal-autoscaler").map(({ reason }) => reason),
    );
    expect([...reasons]).toEqual(expect.arrayContaining(["FloorRaised", "FloorLowered", "Live", "Over"]));
  }, 170_000);

  it("a schedule from a ConfigMap is judged by the API's clock, and a dry run only says what it would do", async () => {
    const core = admin.makeApiClient(CoreV1Api);
    const startMs = Date.now() + 10 * MINUTE_MS;
    const spec = {
      streams: ["a"],
      start: new Date(startMs).toISOString(),
      end: new Date(startMs + MINUTE_MS).toISOString(),
    };
    const events = [
      { name: "wrong", spec: {} },
      { name: "final", spec: { ...spec, expectedViewers: 300_000 } },
    ];
    const metadata = { name: "shoal-events" };
    await core.createNamespacedConfigMap({
      namespace: "video",
      body: { metadata, data: { "events.json": JSON.stringify(events) } },
    });
    cleanups.push(() => core.deleteNamespacedConfigMap({ namespace: "video", name: "shoal-events" }));
    const lines: string[] = [];
    // An hour behind: by this clock the event is far away.
    const world = {
      kubeConfig: admin,
      systemNow: () => Date.now() - 3_600_000,
      writeLog: (line: string) => lines.push(line),
    };
    const { url } = await start({ schedule: "configmap", dryRun: true, lease: "dry" }, world);
    await eventually(() => lines.filter((line) => line.includes("would-set-floor")).length).toBeGreaterThan(2);
    expect(JSON.parse(lines.find((line) => line.includes("would-set-floor")) ?? "{}")).toMatchObject({
      from: 2,
      to: 11,
      dryRun: true,
    });
    expect(await floors()).toEqual([2, 2, 2]);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    await eventually(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/^shoal_autoscaler_wanted_pods\{zone="eu-1a"\} 11$/m);
    expect(text).toMatch(/^shoal_autoscaler_leader 1$/m);
    expect(Number(/^shoal_autoscaler_clock_skew_seconds (\S+)$/m.exec(text)?.[1])).toBeCloseTo(3_600, -1);
  });

  it("two of them, the leader killed: the other leads within 20 s, once", async () => {
    const children = ["first", "second"].map((identity) => {
      const environment = {
        ...{ KUBECONFIG: itsKubeconfig, SHOAL_AUTOSCALER_IDENTITY: identity, SHOAL_AUTOSCALER_NAMESPACE: "video" },
        ...{ SHOAL_AUTOSCALER_TARGETS: JSON.stringify(given.targets), SHOAL_AUTOSCALER_PORT: "0" },
        ...{
          SHOAL_AUTOSCALER_LEASE: given.lease,
          SHOAL_AUTOSCALER_POD_METRICS: given.metricsUrl,
          PATH: process.env.PATH,
        },
      };
      const program = fileURLToPath(new URL("bin.ts", import.meta.url));
      const child = spawn(process.execPath, ["--conditions=@shoal/source", program], {
        env: environment,
        stdio: "ignore",
      });
      cleanups.push(() => end(child));
      return { identity, child };
    });
    const lease = async () => {
      const found = await admin
        .makeApiClient(CoordinationV1Api)
        .readNamespacedLease({ name: given.lease, namespace: "video" });
      return { holder: found.spec?.holderIdentity ?? "", transitions: found.spec?.leaseTransitions ?? 0 };
    };
    const names = children.map(({ identity }) => identity);
    await eventually(async () => names.includes((await lease()).holder)).toBe(true);
    const before = await lease();
    const leader = children.find(({ identity }) => identity === before.holder);
    if (leader) await end(leader.child);
    const other = names.find((name) => name !== before.holder);
    await expect
      .poll(lease, { timeout: 20_000, interval: 200 })
      .toEqual({ holder: other, transitions: before.transitions + 1 });
    expect(await floors()).toEqual([2, 2, 2]);
  });
});

function load(path: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(path);
  return config;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}
