import type { ControlPlane } from "./control-plane.ts";

/**
 * Makes the API of a control plane of one's own ask a server on this machine for external metrics: by a Service that is a name,
 * `localhost`. Resolves when it is answered.
 */
export async function serveExternalMetricsAt(cluster: ControlPlane, port: number): Promise<void> {
  const { group, version } = EXTERNAL_METRICS;
  const service = { name: "external-metrics", namespace: "kube-system" };
  const name = `${version}.${group}`;
  const objects = [
    {
      ...{ apiVersion: "v1", kind: "Service", metadata: service },
      spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] },
    },
    {
      ...{ apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata: { name } },
      spec: {
        ...{ group, version, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true },
        service: { ...service, port },
      },
    },
  ];
  await cluster.kubectl(["apply", "-f", "-"], objects.map((item) => JSON.stringify(item)).join("\n"));
  await cluster
    .kubectl(["wait", "--for=condition=Available", "--timeout=60s", `apiservice/${name}`])
    .catch(async (error) => {
      const why = await cluster.kubectl(["get", "apiservice", name, "-o", "jsonpath={.status.conditions[*].message}"]);
      throw new Error(`${error}${why}`);
    });
}

export const EXTERNAL_METRICS = { group: "external.metrics.k8s.io", version: "v1beta1" } as const;
