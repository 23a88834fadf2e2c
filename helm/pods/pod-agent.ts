import {
  CoreV1Api,
  type KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
} from "@kubernetes/client-node";
import { type OwnTracker, startOwnTracker } from "../../tracker/load/src/own-tracker.ts";

/** Stands for kubelets: a real tracker process for each pod that the scheduler placed. */
export interface PodAgent {
  /** Names of the pods whose processes run. */
  running(): readonly string[];
  /** Addresses of the pods that a Service would name: ready, and not about to go. */
  addresses(): readonly string[];
  /** Ends, with every process. @throws what went wrong meanwhile */
  stop(): Promise<void>;
}

interface Running {
  readonly address: string;
  readonly tracker: OwnTracker;
  isLeaving: boolean;
}

const LABELS = "app.kubernetes.io/component=tracker";

/**
 * Starts a tracker for each placed pod at an address of its own (of 127.77.0.0/16), marks it Ready once it answers, drains it
 * when the pod is deleted, and lets the pod go when the process has ended.
 *
 * @param port of loopback, the same for all
 * @param environment beside what the pod's own manifest says
 */
export async function startPodAgent(
  config: KubeConfig,
  namespace: string,
  port: number,
  environment: Readonly<Record<string, string>>,
): Promise<PodAgent> {
  const core = config.makeApiClient(CoreV1Api);
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  const known = new Set<string>();
  const running = new Map<string, Running>();
  const tasks = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let isStopped = false;

  const task = (doing: Promise<void>): void => {
    const noted = doing.catch((error: unknown) => {
      if (!isStopped) failures.push(error);
    });
    tasks.add(noted);
    void noted.then(() => tasks.delete(noted));
  };
  const begin = async (name: string, address: string, pod: V1Pod): Promise<void> => {
    const tracker = await startOwnTracker({
      ...{ ...ownEnvironment(pod), ...environment, SHOAL_POD: name, SHOAL_HOST: address, SHOAL_PORT: String(port) },
    });
    const process = { address, tracker, isLeaving: false };
    running.set(name, process);
    await core.patchNamespacedPodStatus({ name, namespace, body: { status: readyAt(address) } }, merge);
    const code = await tracker.ended;
    running.delete(name);
    if (isStopped) return;
    if (code !== 0 || !process.isLeaving) throw new Error(`The tracker of ${name} ended with ${code}.`);
    await core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 });
  };
  const look = (pod: V1Pod): void => {
    const { name = "", deletionTimestamp } = pod.metadata ?? {};
    const process = running.get(name);
    if (process && deletionTimestamp && !process.isLeaving) {
      process.isLeaving = true;
      globalThis.process.kill(process.tracker.pid, "SIGTERM");
    }
    if (!pod.spec?.nodeName || deletionTimestamp || known.has(name)) return;
    known.add(name);
    task(begin(name, `127.77.${known.size >> 8}.${known.size & 255}`, pod));
  };
  const informer = makeInformer<V1Pod>(
    config,
    `/api/v1/namespaces/${namespace}/pods`,
    () => core.listNamespacedPod({ namespace, labelSelector: LABELS }),
    LABELS,
  );
  informer.on("add", look);
  informer.on("update", look);
  informer.on("error", (error) => {
    if (!isStopped) failures.push(error);
  });
  await informer.start();
  return {
    running: () => [...running.keys()],
    addresses: () => [...running.values()].filter(({ isLeaving }) => !isLeaving).map(({ address }) => address),
    stop: async () => {
      isStopped = true;
      await informer.stop();
      await Promise.all([...running.values()].map(({ tracker }) => tracker.stop()));
      await Promise.all(tasks);
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** What a pod's manifest gives its tracker by value; counters have no port of their own, for all pods share a machine. */
const ownEnvironment = (pod: V1Pod): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (pod.spec?.containers[0]?.env ?? []).flatMap(({ name, value }) =>
      value === undefined || name === "SHOAL_METRICS_PORT" ? [] : [[name, value]],
    ),
  );

function readyAt(podIP: string) {
  const at = new Date().toISOString();
  const conditions = ["Initialized", "ContainersReady", "Ready"].map((type) => ({
    ...{ type, status: "True", lastTransitionTime: at },
  }));
  return { phase: "Running", podIP, podIPs: [{ ip: podIP }], startTime: at, conditions };
}
