import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { EXTERNAL_METRICS, serveExternalMetricsAt } from "../cluster/aggregated-api.ts";
import type { ControlPlane } from "../cluster/control-plane.ts";

const VERSION = `${EXTERNAL_METRICS.group}/${EXTERNAL_METRICS.version}`;

/** Serves one external metric to a cluster on this machine, as an adapter would. */
export interface ExternalMetric {
  /** Ends it. The cluster keeps its APIService. */
  close(): Promise<void>;
}

/**
 * The API `external.metrics.k8s.io` with one metric in it.
 *
 * @param read its value now
 */
export async function serveExternalMetric(
  cluster: ControlPlane,
  metricName: string,
  read: () => number,
): Promise<ExternalMetric> {
  const pem = (name: string): Buffer => readFileSync(cluster.certificate(name));
  const server = createServer({ cert: pem("crt"), key: pem("key") }, (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "https://localhost");
    const parts = pathname.split("/").filter((part) => part !== "");
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    // /apis/GROUP/VERSION lists what there is; /namespaces/N/METRIC is a value.
    if (parts.length === 3)
      return answer(200, { kind: "APIResourceList", groupVersion: VERSION, resources: [RESOURCE] });
    if (parts[3] !== "namespaces" || parts[5] !== metricName) return answer(404, { kind: "Status", status: "Failure" });
    const timestamp = new Date().toISOString();
    const items = [{ metricName, metricLabels: {}, timestamp, value: String(Math.round(read())) }];
    answer(200, { kind: "ExternalMetricValueList", apiVersion: VERSION, metadata: {}, items });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await serveExternalMetricsAt(cluster, port);
  return {
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const RESOURCE = { name: "*", namespaced: true, kind: "ExternalMetricValueList", verbs: ["get"] };
