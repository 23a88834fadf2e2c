import { KubeConfig } from "@kubernetes/client-node";
import { type AutoscalerOptions, autoscalerOptionsFrom } from "../../tracker/autoscaler/src/config.ts";
import { CHART, environmentOf, type Manifest } from "../test/rendered.fixture.ts";
import type { ControlPlane } from "./control-plane.ts";

/** The chart's autoscaler, for a test that runs it itself: nothing runs in the cluster's pods. */
export interface InstalledAutoscaler {
  /** As the chart sets them, listening on a free port of loopback. */
  readonly options: AutoscalerOptions;
  /** Path of a kubeconfig with the rights that the chart gives it, and no others. */
  readonly path: string;
  readonly kubeConfig: KubeConfig;
}

/**
 * Installs the chart with its autoscaler, whose own pods are then taken away.
 *
 * @param settings values, as `--set` takes them
 * @param podMetrics where a pod counts its viewers, with `{name}` in it
 */
export async function installAutoscaler(
  cluster: ControlPlane,
  namespace: string,
  settings: readonly string[],
  podMetrics: string,
): Promise<InstalledAutoscaler> {
  const values = ["autoscaler.enabled=true,autoscaler.replicas=1", ...settings].join(",");
  await cluster.helm(["install", "shoal", CHART, "-n", namespace, "--set", values]);
  await cluster.kubectl(["-n", namespace, "scale", "deployment/shoal-autoscaler", "--replicas=0"]);
  const deployed = await cluster.kubectl(["-n", namespace, "get", "deployment", "shoal-autoscaler", "-o", "json"]);
  const { spec } = JSON.parse(deployed) as Manifest;
  const options = autoscalerOptionsFrom({
    ...environmentOf(spec?.template?.spec.containers[0]),
    ...{ SHOAL_AUTOSCALER_NAMESPACE: namespace, SHOAL_AUTOSCALER_HOST: "127.0.0.1", SHOAL_AUTOSCALER_PORT: "0" },
    SHOAL_AUTOSCALER_POD_METRICS: podMetrics,
  });
  const path = await cluster.kubeconfigOf(namespace, "shoal-autoscaler");
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(path);
  return { options, path, kubeConfig };
}
