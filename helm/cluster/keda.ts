import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXTERNAL_METRICS, serveExternalMetricsAt } from "./aggregated-api.ts";
import { binary } from "./binaries.ts";
import type { ControlPlane } from "./control-plane.ts";
import { freePorts, Programs } from "./programs.ts";

/** What KEDA needs beside a control plane; openssl makes the certificate by which its two parts know each other. */
export const KEDA = ["keda-operator", "keda-adapter", "openssl"] as const;

const NAMESPACE = "keda";

/** KEDA for a control plane of one's own: operator and metrics adapter, beside it and not in it. */
export interface Keda {
  stop(): Promise<void>;
}

/** Starts it; some five seconds. @param crds folder with its CRDs @throws Error that names what did not start, with the end of its log */
export async function startKeda(cluster: ControlPlane, crds: string): Promise<Keda> {
  const folder = mkdtempSync(join(tmpdir(), "shoal-keda-"));
  const programs = new Programs(folder);
  const stop = async (): Promise<void> => {
    await programs.endAll();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const certificates = certificatesIn(folder);
    const [ofOperator, ofAdapter] = await freePorts(2);
    await cluster.kubectl(["apply", "--server-side", "-f", crds]);
    await cluster.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd/scaledobjects.keda.sh"]);
    await cluster.addNamespace(NAMESPACE);
    await mayAnybodyRead(cluster);
    const { kubeconfig } = cluster;
    const environment = {
      ...{ POD_NAMESPACE: NAMESPACE, KEDA_CLUSTER_OBJECT_NAMESPACE: NAMESPACE, WATCH_NAMESPACE: "" },
      KUBECONFIG: kubeconfig,
    };
    const operator = [
      ...["--cert-dir", certificates, "--ca-dir", certificates, "--metrics-bind-address", "127.0.0.1:0"],
      ...["--health-probe-bind-address", "127.0.0.1:0", "--metrics-service-bind-address", `127.0.0.1:${ofOperator}`],
    ];
    programs.start("keda-operator", operator, environment);
    const adapter = [
      ...["--secure-port", String(ofAdapter), "--bind-address", "127.0.0.1", "--port", "0"],
      ...["--metrics-service-address", `localhost:${ofOperator}`, "--cert-dir", certificates],
      ...["--client-ca-file", join(certificates, "ca.crt"), "--tls-cert-file", join(certificates, "tls.crt")],
      // The control plane has no front proxy whose certificate there would be to look up.
      ...["--tls-private-key-file", join(certificates, "tls.key"), "--authentication-skip-lookup"],
      ...["authentication", "authorization", "lister"].flatMap((what) => [`--${what}-kubeconfig`, kubeconfig]),
    ];
    programs.start("keda-adapter", adapter, environment);
    await serveExternalMetricsAt(cluster, ofAdapter ?? 0).catch((error: unknown) => {
      const logs = ["keda-operator", "keda-adapter"].map((name) => `${name}:\n${programs.tail(name)}`);
      throw new Error(`KEDA does not answer: ${error}\n${logs.join("\n")}`);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

/** A certificate for localhost that is its own authority. @returns the folder that it is in */
function certificatesIn(folder: string): string {
  const made = join(folder, "certs");
  mkdirSync(made);
  const file = (name: string): string => join(made, name);
  const args = [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ...["-keyout", file("tls.key"), "-out", file("tls.crt")],
  ];
  execFileSync(binary("openssl"), args, { stdio: "pipe" });
  copyFileSync(file("tls.crt"), file("ca.crt"));
  return made;
}

/** To the adapter whoever asks through the API is nobody known. */
async function mayAnybodyRead(cluster: ControlPlane): Promise<void> {
  const { group, version } = EXTERNAL_METRICS;
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: "external-metrics" } };
  const role = {
    ...{ ...rbac, kind: "ClusterRole" },
    rules: [
      { apiGroups: [group], resources: ["*"], verbs: ["get", "list"] },
      { nonResourceURLs: [`/apis/${group}/${version}`], verbs: ["get"] },
    ],
  };
  const binding = {
    ...{ ...rbac, kind: "ClusterRoleBinding" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "external-metrics" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "system:anonymous" }],
  };
  await cluster.kubectl(["create", "-f", "-"], [role, binding].map((item) => JSON.stringify(item)).join("\n"));
}
