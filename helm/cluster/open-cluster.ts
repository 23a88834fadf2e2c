import { foreignKubeconfig } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { joinCluster } from "./foreign-cluster.ts";

/** A cluster for tests: one of its own from the binaries that KUBEBUILDER_ASSETS names, else the one that KUBECONFIG names. */
export function openCluster(): Promise<ControlPlane> {
  const kubeconfig = foreignKubeconfig();
  return kubeconfig ? joinCluster(kubeconfig) : startControlPlane();
}
