import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { AUTOSCALER_VARIABLES, autoscalerOptionsFrom } from "../../tracker/autoscaler/src/config.ts";
import { createMetrics as autoscalerMetrics } from "../../tracker/autoscaler/src/metrics.ts";
import { checkHaproxy } from "../../tracker/load/src/services.fixture.ts";
import { SEALER_VARIABLES, sealerOptionsFrom } from "../../tracker/sealer/src/config.ts";
import { createMetrics as sealerMetrics } from "../../tracker/sealer/src/metrics.ts";
import { loadSealKey } from "../../tracker/sealer/src/signer.ts";
import { TRACKER_VARIABLES, trackerOptionsFrom } from "../../tracker/server/src/config.ts";
import { createMetrics as trackerMetrics } from "../../tracker/server/src/metrics.ts";
import { because, findBinary, missingBinaries } from "../cluster/binaries.ts";
import { chartReadme, chartValues } from "../readme.ts";
import { CHART, environmentOf, helm, type Manifest, podsOf, render, SETS } from "./rendered.fixture.ts";

const values = readFileSync(join(CHART, "values.yaml"), "utf8");
const lacks = missingBinaries("helm");

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly $ref?: string;
}
const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as Schema;

const byKind = (manifests: readonly Manifest[], kind: string): readonly Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind);

describe("values", () => {
  it("are all in the README, from their comments (npx vitest run helm/test -u writes it)", async () => {
    await expect(chartReadme(values)).toMatchFileSnapshot("../shoal/README.md");
  });

  it("are known to the schema, each of them and no other, and nothing else is let in beside them", () => {
    const compare = (value: unknown, of: Schema, path: string): void => {
      if (!of.properties) return;
      expect(Object.keys(of.properties).sort(), path).toEqual(Object.keys(value as object).sort());
      // Charts that have this one as a part share `global`.
      if (path !== "global") expect(of.additionalProperties, path).toBe(false);
      for (const [name, part] of Object.entries(of.properties))
        compare((value as Record<string, unknown>)[name], part, name);
    };
    compare(parse(values), schema, "values");
  });

  it("without a comment fail the README by name", () => {
    expect(() => chartValues("# -- One.\na: 1\nb: 2\n")).toThrow(/^b has no comment/);
  });
});

describe.skipIf(lacks.length > 0)(`rendered by helm${because(lacks)}`, () => {
  const rendered: Record<string, readonly Manifest[]> = {};
  const made = (name: string): readonly Manifest[] => {
    rendered[name] ??= render(SETS[name] ?? []);
    return rendered[name];
  };
  const every = Object.keys(SETS);

  it.each(every)("helm lint has nothing against %s", (name) => {
    expect(helm(["lint", "--strict", CHART, ...(SETS[name] ?? [])])).toContain("0 chart(s) failed");
  });

  it.each([
    ["tracker.replicas=-1", "/tracker/replicas"],
    ["tracker.replica=2", "'replica' not allowed"],
    ["autoscaling.mode=auto", "/autoscaling/mode"],
    ["redis.mode=yes", "/redis/mode"],
    ["haproxy.service.port=70000", "/haproxy/service/port"],
    ["sealer.mediaBase=cdn.example", "/sealer/mediaBase"],
    ["tracker.image.digest=latest", "/tracker/image/digest"],
    ["zones[0].name=EU_1", "/zones/0/name"],
    ["autoscaler.enabled=true", "autoscaler.enabled needs autoscaling.mode"],
    ["stun.enabled=true", "stun.host is needed"],
    ["redis.mode=external", "redis.external.existingSecret is needed"],
    ["autoscaling.mode=hpa,autoscaling.minReplicas=30", "autoscaling.maxReplicas must not be below"],
    ["autoscaling.mode=hpa,autoscaling.maxReplicas=30", "haproxy.maxPods must not be below"],
    ["ingress.enabled=true,haproxy.enabled=false", "haproxy.enabled must be true"],
  ])("%s fails and is named", (setting, words) => {
    expect(() => render(["--set", setting])).toThrow(words);
  });

  it.each(every)("no pod of %s is root, writes to its image, has a privilege or an unneeded token", (name) => {
    const pods = podsOf(made(name));
    expect(pods.length).toBeGreaterThan(2);
    for (const { owner, spec } of pods) {
      expect(spec.securityContext, owner).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(spec.automountServiceAccountToken, owner).toBe(owner.endsWith("-autoscaler"));
      for (const container of spec.containers) {
        expect(container.securityContext, owner).toEqual({
          ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
          capabilities: { drop: ["ALL"] },
        });
        expect(container.resources?.requests, owner).toMatchObject({
          cpu: expect.any(String),
          memory: expect.any(String),
        });
      }
    }
  });

  it.each(every)(
    "each Service and NetworkPolicy of %s chooses pods that are there, by ports that they have",
    (name) => {
      const pods = podsOf(made(name));
      const chosen = (selector: Readonly<Record<string, unknown>> | undefined) =>
        pods.filter(({ labels }) => Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value));
      for (const { metadata, spec } of byKind(made(name), "Service")) {
        const found = chosen(spec?.selector);
        expect(found.length, metadata.name).toBeGreaterThan(0);
        for (const { targetPort } of (spec?.ports ?? []) as readonly { targetPort: string }[]) {
          for (const pod of found) {
            expect(
              pod.spec.containers.flatMap(({ ports }) => (ports ?? []).map((port) => port.name)),
              metadata.name,
            ).toContain(targetPort);
          }
        }
      }
      for (const { metadata, spec } of byKind(made(name), "NetworkPolicy")) {
        const selector = spec?.podSelector as { matchLabels: Record<string, string> } | undefined;
        expect(chosen(selector?.matchLabels).length, metadata.name).toBeGreaterThan(0);
      }
    },
  );

  it.each(every)("tracker, sealer and autoscaler of %s understand every variable that they are given", (name) => {
    const known = new Set<string>(
      [TRACKER_VARIABLES, SEALER_VARIABLES, AUTOSCALER_VARIABLES]
        .flatMap((table) => Object.values(table))
        .map((row) => row.name),
    );
    for (const { spec } of podsOf(made(name))) {
      for (const container of spec.containers.filter((one) => ["tracker", "sealer", "autoscaler"].includes(one.name))) {
        const names = (container.env ?? []).map((variable) => variable.name).filter((one) => one.startsWith("SHOAL_"));
        expect(names.length).toBeGreaterThan(3);
        expect(names.filter((one) => !known.has(one))).toEqual([]);
        const environment = environmentOf(container);
        expect(() => trackerOptionsFrom(environment)).not.toThrow();
        expect(() => sealerOptionsFrom(environment)).not.toThrow();
        expect(() => autoscalerOptionsFrom(environment)).not.toThrow();
      }
    }
  });

  it("a tracker's grace is longer than its drain", () => {
    const tracker = podsOf(render(["--set", "tracker.drain.windowMs=300000,tracker.drain.delayMs=20000"])).find(
      ({ owner }) => owner === "Deployment/shoal-tracker",
    );
    expect(tracker?.spec.terminationGracePeriodSeconds).toBe(355);
  });

  it("the defaults ask for less than a small node has, without Redis, HPA or autoscaler", () => {
    const all = made("default");
    const sum = (kind: string, read: (text: string) => number): number =>
      podsOf(all).reduce(
        (total, { spec, replicas }) =>
          total +
          replicas * spec.containers.reduce((of, { resources }) => of + read(resources?.requests?.[kind] ?? "0"), 0),
        0,
      );
    expect(sum("cpu", (text) => (text.endsWith("m") ? Number(text.slice(0, -1)) : 1_000 * Number(text)))).toBeLessThan(
      500,
    );
    expect(sum("memory", (text) => Number(text.replace("Mi", "")))).toBeLessThan(1_024);
    expect(byKind(all, "HorizontalPodAutoscaler")).toEqual([]);
    expect(
      podsOf(all)
        .map(({ owner }) => owner)
        .sort(),
    ).toEqual(["Deployment/shoal-haproxy", "Deployment/shoal-tracker", "StatefulSet/shoal-sealer"]);
  });

  it("each zone has trackers, HAProxy, Redis and HPA of its own", () => {
    const all = made("event");
    const zones = ["eu-1a", "eu-1b", "eu-1c"];
    for (const zone of zones) {
      for (const part of ["tracker", "haproxy", "redis"]) {
        expect(
          all.filter(({ kind, metadata }) => kind === "Deployment" && metadata.name === `shoal-${part}-${zone}`),
        ).toHaveLength(1);
      }
      const config = all.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === `shoal-haproxy-${zone}`)
        ?.data?.["haproxy.cfg"];
      expect(config).toContain(`shoal-tracker-${zone}.video.svc.cluster.local:8000`);
      for (const other of zones.filter((one) => one !== zone)) expect(config).not.toContain(other);
    }
  });

  it.each([
    ["hpa", "HorizontalPodAutoscaler", "minReplicas"],
    ["keda", "ScaledObject", "minReplicaCount"],
  ])("with %s the floor is the chart's, until the autoscaler has it", (mode, kind, field) => {
    const of = (...args: string[]) => byKind(render(["--set", `autoscaling.mode=${mode}`, ...args]), kind)[0]?.spec;
    expect(of()?.[field]).toBe(2);
    expect(of("--set", "autoscaler.enabled=true")).not.toHaveProperty(field);
    expect(of("--set", "autoscaler.enabled=true,autoscaler.dryRun=true")?.[field]).toBe(2);
    const tracker = byKind(render(["--set", `autoscaling.mode=${mode}`]), "Deployment").find(
      ({ metadata }) => metadata.name === "shoal-tracker",
    );
    expect(tracker?.spec).not.toHaveProperty("replicas");
  });

  it("a Prometheus that sees no tracker is an error to KEDA, not an audience of none", () => {
    const spec = byKind(render(["--set", "autoscaling.mode=keda"]), "ScaledObject")[0]?.spec;
    const metadata = expect.objectContaining({ threshold: "7000", ignoreNullValues: "false" });
    expect(spec?.triggers).toContainEqual({ type: "prometheus", metadata });
  });

  it("an external metric is a sum that is divided by what one pod holds", () => {
    const spec = byKind(
      render(["--set", "autoscaling.mode=hpa,autoscaling.external.metricName=viewers"]),
      "HorizontalPodAutoscaler",
    )[0]?.spec;
    expect(spec?.metrics).toContainEqual(
      expect.objectContaining({
        external: expect.objectContaining({ target: { type: "AverageValue", averageValue: "7000" } }),
      }),
    );
  });

  it("a change of HAProxy's configuration rolls its pods, and one of nothing rolls none", () => {
    const sum = (...args: string[]) => {
      const found = byKind(render(args), "Deployment").find(({ metadata }) => metadata.name === "shoal-haproxy");
      return JSON.stringify(found?.spec?.template);
    };
    expect(sum("--set", "haproxy.factorPercent=150")).not.toBe(sum());
    expect(sum()).toBe(sum());
  });

  it("the key that the chart makes is one that the sealer signs with", () => {
    const secret = byKind(made("default"), "Secret")[0]?.data ?? {};
    const pem = Buffer.from(secret["seal-key"] ?? "", "base64").toString("utf8");
    expect(loadSealKey(pem).key.keyId).toBeTruthy();
    for (const name of ["sealer-secret", "assign-secret", "admin-token", "redis-password"]) {
      expect(Buffer.from(secret[name] ?? "", "base64").toString("utf8")).toMatch(/^[A-Za-z0-9]{40}$/);
    }
  });

  it("alerts ask for metrics that are there", async () => {
    const known = new Set<string>();
    for (const { registry } of [trackerMetrics(), sealerMetrics(), autoscalerMetrics()]) {
      for (const { name } of await registry.getMetricsAsJSON()) known.add(name);
    }
    const rules = JSON.stringify(byKind(made("all"), "PrometheusRule").map(({ spec }) => spec));
    const asked = [...new Set(rules.match(/\bshoal_(?:tracker|sealer|autoscaler)_[a-z0-9_]+/g))];
    expect(asked.length).toBeGreaterThan(6);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it.skipIf(findBinary("haproxy") === null)(
    "Debian's HAProxy takes what the chart writes for it, hash-key apart",
    () => {
      const configOf = (...args: string[]): string =>
        render(args).find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "shoal-haproxy")?.data?.[
          "haproxy.cfg"
        ] ?? "";
      expect(configOf()).toContain("hash-key addr");
      const config = configOf("--set", "haproxy.hashKey=false,haproxy.acceptProxy=true");
      expect(config).not.toMatch(/@[A-Z]+@|hash-key/);
      expect(checkHaproxy(config)).toBe("");
    },
  );
});
