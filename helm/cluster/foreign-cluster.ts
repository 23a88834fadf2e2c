import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlPlane, type Kubeconfig, nodesOf, runAs } from "./control-plane.ts";

/**
 * A cluster that is there, by its kubeconfig. Nodes are KWOK's (as `kwokctl create cluster` gives them). What was made through
 * this is gone after `stop`; the API cannot be stopped.
 */
export async function joinCluster(kubeconfig: string): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), "shoal-kube-"));
  const run = runAs(kubeconfig, folder);
  const kubectl = (args: readonly string[], input?: string): Promise<string> => run("kubectl", args, input);
  const made: string[] = [];
  const view = JSON.parse(await kubectl(["config", "view", "--raw", "--minify", "-o", "json"])) as Kubeconfig;
  const { cluster } = view.clusters[0] ?? { cluster: { server: "" } };
  const refuse = (): Promise<never> => Promise.reject(new Error("The API of a cluster of others is not stopped."));
  return {
    kubeconfig,
    url: cluster.server,
    isOwn: false,
    kubectl,
    helm: (args) => run("helm", args),
    addNodes: async (zones, ofEach) => {
      // One that has these nodes from before keeps them.
      const suffix = randomBytes(3).toString("hex");
      const nodes = nodesOf(zones, ofEach, suffix);
      made.push(...nodes.map(({ metadata }) => `node/${metadata.name}`));
      await kubectl(["create", "-f", "-"], nodes.map((item) => JSON.stringify(item)).join("\n"));
    },
    addNamespace: async (name) => {
      await kubectl(["create", "namespace", name]);
      made.push(`namespace/${name}`);
      await kubectl(["-n", name, "wait", "--for=create", "--timeout=60s", "serviceaccount/default"]);
    },
    kubeconfigOf: async (namespace, serviceAccount) => {
      const token = (await kubectl(["-n", namespace, "create", "token", serviceAccount])).trim();
      const path = join(folder, `${namespace}-${serviceAccount}.kubeconfig`);
      const name = view["current-context"];
      const own = { contexts: [{ name, context: { cluster: view.clusters[0]?.name, user: "own" } }] };
      writeFileSync(path, JSON.stringify({ ...view, ...own, users: [{ name: "own", user: { token } }] }));
      return path;
    },
    certificate: () => {
      throw new Error("The certificates of a cluster of others are not here.");
    },
    stopApi: refuse,
    startApi: refuse,
    stop: async () => {
      // The last first: pods go before their nodes.
      for (const name of made.reverse()) await kubectl(["delete", name, "--ignore-not-found", "--timeout=60s"]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
