import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A control plane that schedules, and pods that are real to it and run nothing. */
export const CONTROL_PLANE = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kwok",
  "kubectl",
] as const;

/** Where a program is: in the folder that KUBEBUILDER_ASSETS names (as envtest has it), else on PATH; `null` if nowhere. */
export function findBinary(name: string): string | null {
  const { KUBEBUILDER_ASSETS: assets, PATH: path = "" } = process.env;
  const folders = [...(assets ? [assets] : []), ...path.split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

/** A program that a test cannot do without. @throws Error that says how to give it */
export function binary(name: string): string {
  const found = findBinary(name);
  if (found) return found;
  throw new Error(`${name} is neither in the folder that KUBEBUILDER_ASSETS names nor on PATH.`);
}

/** What of these is missing; a reason to skip a test by name. */
export const missingBinaries = (...names: readonly string[]): readonly string[] =>
  names.filter((name) => findBinary(name) === null);

/** Folder with CRDs of others (KEDA, Prometheus operator, Gateway API), which SHOAL_TEST_CRDS names; `null` without. */
export function foreignCrds(): string | null {
  const { SHOAL_TEST_CRDS: folder } = process.env;
  return folder && existsSync(folder) ? folder : null;
}

/** What `describe` says beside its name where something is missing. */
export const because = (lacks: readonly string[]): string =>
  lacks.length > 0 ? ` (skipped, missing: ${lacks.join(", ")})` : "";

/** KUBECONFIG names a cluster, and no folder is named to start one from. */
export function foreignKubeconfig(): string | null {
  const { KUBEBUILDER_ASSETS: assets, KUBECONFIG: kubeconfig } = process.env;
  return !assets && kubeconfig ? kubeconfig : null;
}

/** What is missing for a cluster and the chart on it; see `openCluster`. */
export const missingForCluster = (): readonly string[] =>
  missingBinaries("helm", ...(foreignKubeconfig() ? ["kubectl"] : CONTROL_PLANE));
