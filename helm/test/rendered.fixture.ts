import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { binary } from "../cluster/binaries.ts";

export const CHART = fileURLToPath(new URL("../shoal", import.meta.url));
export const EVENT = ["-f", join(CHART, "values-event.yaml")];
/** Everything that can be switched on, with KEDA. */
export const ALL = [
  "--set=autoscaling.mode=keda,autoscaler.enabled=true,stun.enabled=true,stun.host=stun.example,stun.service.type=NodePort",
  "--set=ingress.enabled=true,ingress.hosts={tracker.example},httpRoute.enabled=true,httpRoute.parentRefs[0].name=web",
  "--set=serviceMonitor.enabled=true,prometheusRule.enabled=true,dashboard.enabled=true,pausePods.enabled=true",
  "--set=tracker.tokenKeys.existingSecret=tokens,haproxy.tls.secretName=cert,tracker.replicas=3,secrets.existingSecret=",
  "--set=sealer.mediaBase=https://cdn.example/,tracker.env.SHOAL_LOG_LEVEL=warn,sealer.publicUrls={https://s0.example,https://s1.example}",
];

/** Value sets that every check goes through, by name. */
export const SETS: Readonly<Record<string, readonly string[]>> = { default: [], event: EVENT, all: ALL };

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly EnvironmentVariable[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext?: object;
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly automountServiceAccountToken?: boolean;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: object;
}

/** As much of a Kubernetes object as the checks look at. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>> & {
    readonly replicas?: number;
    readonly selector?: Readonly<Record<string, unknown>>;
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: PodSpec;
    };
  };
}

/** Objects that the chart makes. @throws Error with helm's words */
export function render(args: readonly string[]): readonly Manifest[] {
  const text = helm(["template", "shoal", CHART, "-n", "video", "--kube-version", "1.36.1", ...args]);
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** Runs helm without a cluster. @throws Error with helm's words */
export function helm(args: readonly string[]): string {
  const home = mkdtempSync(join(tmpdir(), "shoal-helm-"));
  try {
    const env = { ...process.env, HOME: home, KUBECONFIG: join(home, "none") };
    return execFileSync(binary("helm"), [...args], { encoding: "utf8", env, stdio: "pipe", maxBuffer: 64 * 2 ** 20 });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Pods that controllers make, with their labels. */
export function podsOf(manifests: readonly Manifest[]): readonly {
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  readonly replicas: number;
}[] {
  return manifests.flatMap(({ kind, metadata, spec }) =>
    spec?.template
      ? [
          {
            owner: `${kind}/${metadata.name}`,
            labels: spec.template.metadata.labels,
            spec: spec.template.spec,
            replicas: spec.replicas ?? 1,
          },
        ]
      : [],
  );
}

/** Variables of a container that stand in the manifest itself. */
export function environmentOf(container: Container | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (container?.env ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );
}
