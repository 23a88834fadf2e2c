import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { because, foreignCrds, missingForCluster } from "../cluster/binaries.ts";
import type { ControlPlane } from "../cluster/control-plane.ts";
import { joinCluster } from "../cluster/foreign-cluster.ts";
import { openCluster } from "../cluster/open-cluster.ts";
import { CHART, EVENT, helm, SETS } from "./rendered.fixture.ts";

const CRDS = fileURLToPath(new URL("../shoal/crds", import.meta.url));
const crds = foreignCrds();
const lacks = [...missingForCluster(), ...(crds ? [] : ["SHOAL_TEST_CRDS"])];

describe.skipIf(lacks.length > 0)(`on a real control plane${because(lacks)}`, () => {
  let cluster: ControlPlane;
  const kubectl = (...args: string[]): Promise<string> => cluster.kubectl(["-n", "video", ...args]);
  const eventually = (get: () => Promise<unknown>) => expect.poll(get, { timeout: 50_000, interval: 250 });

  beforeAll(async () => {
    cluster = await openCluster();
    await cluster.addNodes(["eu-1a", "eu-1b", "eu-1c"], 4);
    await cluster.addNamespace("video");
    await cluster.kubectl(["apply", "--server-side", "-f", crds ?? "", "-f", CRDS]);
  }, 120_000);
  afterAll(() => cluster?.stop());

  it.each(Object.keys(SETS))("the API takes every object of %s", async (name) => {
    const text = helm(["template", "shoal", CHART, "-n", "video", "--kube-version", "1.36.1", ...(SETS[name] ?? [])]);
    const said = await cluster.kubectl(["create", "--dry-run=server", "--validate=strict", "-f", "-"], text);
    const lines = said.trim().split("\n");
    expect(lines.length).toBeGreaterThan(15);
    expect(lines.filter((line) => !/created \(server dry run\)$/.test(line))).toEqual([]);
  });

  it("is installed, tested, upgraded for an event, rolled back, uninstalled", async () => {
    const release = ["shoal", CHART, "-n", "video"];
    await cluster.helm(["install", ...release, "--wait", "--timeout", "50s"]);
    expect(await cluster.helm(["test", "shoal", "-n", "video"])).toContain("Phase:          Succeeded");
    const keys = await kubectl("get", "secret", "shoal-keys", "-o", "jsonpath={.data}");
    const deployments = async (): Promise<readonly string[]> =>
      (await kubectl("get", "deployments", "-o", "name"))
        .trim()
        .split("\n")
        .map((line) => line.replace(/^.*\//, ""));
    const unready = async (): Promise<string> =>
      kubectl(
        "get",
        "deployments",
        "-o",
        "jsonpath={range .items[?(@.status.unavailableReplicas)]}{.metadata.name} {end}",
      );
    expect(await deployments()).toEqual(["shoal-haproxy", "shoal-tracker"]);

    await cluster.helm(["upgrade", ...release, ...EVENT]);
    await eventually(unready).toBe("");
    expect(await deployments()).toContain("shoal-tracker-eu-1c");
    expect(await deployments()).not.toContain("shoal-tracker");
    expect(await kubectl("get", "secret", "shoal-keys", "-o", "jsonpath={.data}")).toBe(keys);

    // What the autoscaler has set is not the chart's to set again.
    const least = () => kubectl("get", "hpa", "shoal-tracker-eu-1a", "-o", "jsonpath={.spec.minReplicas}");
    await kubectl("patch", "hpa", "shoal-tracker-eu-1a", "--type=merge", "-p", '{"spec":{"minReplicas":5}}');
    await cluster.helm(["upgrade", ...release, ...EVENT, "--set", "tracker.joinsPerSecond=1500"]);
    expect(await least()).toBe("5");
    await eventually(() =>
      kubectl("get", "deployment", "shoal-tracker-eu-1a", "-o", "jsonpath={.status.readyReplicas}"),
    ).toBe("5");

    await cluster.helm(["rollback", "shoal", "1", "-n", "video", "--wait", "--timeout", "50s"]);
    await eventually(deployments).toEqual(["shoal-haproxy", "shoal-tracker"]);
    expect(await kubectl("get", "secret", "shoal-keys", "-o", "jsonpath={.data}")).toBe(keys);

    await cluster.helm(["uninstall", "shoal", "-n", "video", "--wait", "--timeout", "50s"]);
    const left =
      "deployments,statefulsets,services,configmaps,secrets,serviceaccounts,roles,hpa,pdb,networkpolicies,servicemonitors";
    const names = (await kubectl("get", left, "-o", "name", "-l", "app.kubernetes.io/instance=shoal")).trim();
    expect(names).toBe("");
    expect(await cluster.kubectl(["get", "crd", "liveevents.shoal.dev", "-o", "name"])).toContain("liveevents");
  }, 180_000);

  it("a LiveEvent that cannot be meant is refused, and says why", async () => {
    const apply = (spec: object): Promise<string> => {
      const event = { apiVersion: "shoal.dev/v1alpha1", kind: "LiveEvent", metadata: { name: "final" }, spec };
      return cluster.kubectl(["-n", "video", "create", "--dry-run=server", "-f", "-"], JSON.stringify(event));
    };
    const good = {
      ...{ streams: ["live/final"], expectedViewers: 1_000_000 },
      ...{ start: "2030-07-14T18:00:00Z", end: "2030-07-14T21:00:00Z" },
    };
    await expect(apply(good)).resolves.toContain("created");
    await expect(apply({ ...good, end: "2030-07-14T17:00:00Z" })).rejects.toThrow("end must be after start");
    await expect(apply({ ...good, end: "tonight" })).rejects.toThrow("spec.end");
    await expect(apply({ ...good, streams: [] })).rejects.toThrow("spec.streams");
    await expect(apply({ ...good, expectedViewers: 0 })).rejects.toThrow("spec.expectedViewers");
    await expect(apply({ ...good, joinCurve: [{ afterSeconds: 0, percent: 101 }] })).rejects.toThrow("percent");
    await expect(
      apply({
        ...good,
        joinCurve: [
          { afterSeconds: 0, percent: 1 },
          { afterSeconds: 0, percent: 2 },
        ],
      }),
    ).rejects.toThrow("each moment may be named once");
  });

  it("a cluster that is there already can be tested on, and is left as it was found", async () => {
    const joined = await joinCluster(cluster.kubeconfig);
    await joined.addNamespace("guest");
    await joined.addNodes(["eu-1a"], 1);
    const itself = await joined.kubeconfigOf("guest", "default");
    const who = ["--kubeconfig", itself, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"];
    expect(await joined.kubectl(who)).toBe("system:serviceaccount:guest:default");
    await expect(joined.stopApi()).rejects.toThrow("not stopped");
    await joined.stop();
    const left = await cluster.kubectl(["get", "namespaces,nodes", "-o", "name"]);
    expect(left).not.toContain("guest");
    expect(left.match(/node\/node-eu-1a/g)).toHaveLength(4);
  });
});
