import { execFile } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { binary } from "./binaries.ts";
import { freePorts, Programs } from "./programs.ts";

const STAGES = fileURLToPath(new URL("stages.yaml", import.meta.url));
const USERS = { admin: "system:masters", "system:kube-controller-manager": "", "system:kube-scheduler": "" } as const;
const READY_WITHIN_MS = 60_000;

/** A Kubernetes of one's own on loopback: API, controllers, scheduler, and KWOK's nodes. */
export interface ControlPlane {
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Address of the API. */
  readonly url: string;
  /** It was started here, and its API may be stopped. */
  readonly isOwn: boolean;
  /** Runs kubectl as administrator. @returns what it prints @throws Error with what it says */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Runs helm as administrator, in a home of its own. @throws Error with what it says */
  helm(args: readonly string[]): Promise<string>;
  /** Nodes of 16 cores and 64 GiB each, by zone. */
  addNodes(zones: readonly string[], ofEach: number): Promise<void>;
  /** A namespace in which pods can be made at once. */
  addNamespace(name: string): Promise<void>;
  /** A kubeconfig for a service account, with a token of its own. */
  kubeconfigOf(namespace: string, serviceAccount: string): Promise<string>;
  /** Path of a certificate that a server beside the cluster may use (`crt`), and of its key (`key`). */
  certificate(part: string): string;
  stopApi(): Promise<void>;
  startApi(): Promise<void>;
  /** Ends every process of it and removes its files. */
  stop(): Promise<void>;
}

/** As much of a kubeconfig as is written and read here. */
export interface Kubeconfig {
  readonly "current-context": string;
  readonly clusters: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
}

/** Runs kubectl or helm by a kubeconfig. @param home where they keep what they keep */
export function runAs(kubeconfig: string, home: string) {
  return (program: string, args: readonly string[], input = ""): Promise<string> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: home, HELM_CACHE_HOME: home, HELM_DATA_HOME: home };
      const child = execFile(binary(program), [...args], { env, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) =>
        error ? reject(new Error(`${program} ${args.join(" ")}: ${stderr || error.message}`)) : resolve(stdout),
      );
      // A command that ends before it has read its input says why itself.
      child.stdin?.on("error", () => {});
      child.stdin?.end(input);
    });
}

/** Starts one; some five seconds. @throws Error that names what did not start, with the end of its log */
export async function startControlPlane(): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), "shoal-kube-"));
  const file = (name: string): string => join(folder, name);
  const [etcd, peer, api, controllers, scheduler, kwok] = await freePorts(6);
  const url = `https://127.0.0.1:${api}`;
  const programs = new Programs(folder);

  const tokens = Object.entries(USERS).map(([user, group]) => ({
    user,
    group,
    token: randomBytes(24).toString("hex"),
  }));
  writeFileSync(
    file("tokens.csv"),
    tokens.map(({ user, group, token }) => `${token},${user},${user}${group ? `,${group}` : ""}`).join("\n"),
  );
  const key = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;
  writeFileSync(file("sa.key"), key.export({ type: "pkcs1", format: "pem" }));
  const kubeconfig = (name: string, token: string): string => {
    const path = file(`${name.replace(/\W/g, "-")}.kubeconfig`);
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server: url, "certificate-authority": file("certs/apiserver.crt") } }],
      users: [{ name, user: { token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: name } }],
      "current-context": "test",
    };
    writeFileSync(path, JSON.stringify(config));
    return path;
  };
  const [admin = "", ofControllers = "", ofScheduler = ""] = tokens.map(({ user, token }) => kubeconfig(user, token));

  const run = runAs(admin, folder);
  const kubectl = (args: readonly string[], input?: string): Promise<string> => run("kubectl", args, input);

  const startApi = async (): Promise<void> => {
    programs.start("kube-apiserver", [
      ...["--etcd-servers", `http://127.0.0.1:${etcd}`, "--bind-address", "127.0.0.1", "--secure-port", String(api)],
      ...["--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none", "--cert-dir", file("certs")],
      ...["--service-cluster-ip-range", "10.96.0.0/16", "--authorization-mode", "RBAC"],
      ...["--token-auth-file", file("tokens.csv"), "--service-account-issuer", "https://kubernetes.default.svc"],
      ...["--service-account-key-file", file("sa.key"), "--service-account-signing-key-file", file("sa.key")],
    ]);
    const untilMs = Date.now() + READY_WITHIN_MS;
    for (;;) {
      try {
        await kubectl(["get", "--raw", "/readyz"]);
        return;
      } catch (error) {
        if (Date.now() < untilMs && programs.isRunning("kube-apiserver")) await delay(100);
        else throw new Error(`The API is not ready: ${error}\n${programs.tail("kube-apiserver")}`);
      }
    }
  };

  const stop = async (): Promise<void> => {
    await programs.endAll();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const ofPeers = `http://127.0.0.1:${peer}`;
    programs.start("etcd", [
      ...["--data-dir", file("etcd"), "--unsafe-no-fsync", "--initial-cluster", `default=${ofPeers}`],
      ...["--listen-client-urls", `http://127.0.0.1:${etcd}`, "--advertise-client-urls", `http://127.0.0.1:${etcd}`],
      ...["--listen-peer-urls", ofPeers, "--initial-advertise-peer-urls", ofPeers],
    ]);
    await startApi();
    const loopback = ["--bind-address", "127.0.0.1", "--leader-elect=false"];
    programs.start("kube-controller-manager", [
      ...["--kubeconfig", ofControllers, "--secure-port", String(controllers), ...loopback],
      ...["--service-account-private-key-file", file("sa.key"), "--use-service-account-credentials"],
      ...["--authentication-kubeconfig", ofControllers, "--authorization-kubeconfig", ofControllers],
      // KWOK's nodes do not say again that they live.
      ...["--node-monitor-grace-period", "1h"],
      // A test need not wait; nothing of ours relies on it.
      ...["--horizontal-pod-autoscaler-sync-period", "1s", "--horizontal-pod-autoscaler-downscale-stabilization", "2s"],
    ]);
    programs.start("kube-scheduler", [
      ...["--kubeconfig", ofScheduler, "--secure-port", String(scheduler), ...loopback],
      ...["--authentication-kubeconfig", ofScheduler, "--authorization-kubeconfig", ofScheduler],
    ]);
    programs.start("kwok", [
      ...["--kubeconfig", admin, "--manage-all-nodes", "--cidr", "10.128.0.1/16", "--config", STAGES],
      ...["--server-address", `127.0.0.1:${kwok}`],
    ]);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    kubeconfig: admin,
    url,
    isOwn: true,
    kubectl,
    helm: (args) => run("helm", args),
    addNodes: async (zones, ofEach) => {
      const nodes = nodesOf(zones, ofEach);
      await kubectl(["create", "-f", "-"], nodes.map((item) => JSON.stringify(item)).join("\n"));
    },
    addNamespace: async (name) => {
      await kubectl(["create", "namespace", name]);
      await kubectl(["-n", name, "wait", "--for=create", "--timeout=60s", "serviceaccount/default"]);
    },
    kubeconfigOf: async (namespace, serviceAccount) => {
      const token = await kubectl(["-n", namespace, "create", "token", serviceAccount]);
      return kubeconfig(`${namespace}-${serviceAccount}`, token.trim());
    },
    certificate: (part) => file(`certs/apiserver.${part}`),
    stopApi: () => programs.end("kube-apiserver"),
    startApi,
    stop,
  };
}

/** Nodes of KWOK's, so many in each zone. @param suffix what their names end with */
export const nodesOf = (zones: readonly string[], ofEach: number, suffix = "") =>
  zones.flatMap((zone) => Array.from({ length: ofEach }, (_, at) => nodeOf(zone, at, suffix)));

function nodeOf(zone: string, at: number, suffix: string) {
  const name = `node-${zone}-${at}${suffix === "" ? "" : `-${suffix}`}`;
  const size = { cpu: "16", memory: "64Gi", pods: "110" };
  const labels = { "topology.kubernetes.io/zone": zone, "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" };
  const annotations = { "kwok.x-k8s.io/node": "fake" };
  const metadata = { name, labels, annotations };
  return { apiVersion: "v1", kind: "Node", metadata, status: { capacity: size, allocatable: size } };
}
