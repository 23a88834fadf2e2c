import {
  ApiException,
  AutoscalingV2Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  V1MicroTime,
} from "@kubernetes/client-node";
import { type AnnouncedEvent, type Cluster, ConflictError, type EventStatus, type Floor } from "./cluster.ts";
import type { AutoscalerOptions, Target } from "./config.ts";

const EVENTS = { group: "shoal.dev", version: "v1alpha1", plural: "liveevents" } as const;
const SCALED_OBJECTS = { group: "keda.sh", version: "v1alpha1", plural: "scaledobjects" } as const;
const LAST_STEP = "shoal.dev/last-step";
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
/** What KEDA and Kubernetes take where a ScaledObject names no most. */
const KEDA_MOST = 100;
const ANSWER_WITHIN_MS = 10_000;

interface Scaled {
  readonly metadata?: { readonly resourceVersion?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly minReplicaCount?: number; readonly maxReplicaCount?: number };
}
interface Listed {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string; readonly generation?: number };
    readonly spec?: unknown;
    readonly status?: EventStatus;
  }[];
}

type Wanted = Pick<AutoscalerOptions, "namespace" | "schedule" | "configMap" | "lease" | "identity">;

/** The API through @kubernetes/client-node. */
export function createKubeCluster(config: KubeConfig, options: Wanted): Cluster {
  const { namespace, identity } = options;
  const core = config.makeApiClient(CoreV1Api);
  const scaling = config.makeApiClient(AutoscalingV2Api);
  const custom = config.makeApiClient(CustomObjectsApi);
  const leases = config.makeApiClient(CoordinationV1Api);
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  const objectOf = ({ name }: Target) => ({ ...SCALED_OBJECTS, namespace, name });

  return {
    announced: () => answered(options.schedule === "crd" ? fromObjects() : fromConfigMap()),

    floor: async (target) => {
      if (target.kind === "HorizontalPodAutoscaler") {
        const { metadata, spec } = await answered(
          scaling.readNamespacedHorizontalPodAutoscaler({ name: target.name, namespace }),
        );
        return floorOf(metadata, spec?.minReplicas ?? 1, spec?.maxReplicas ?? 1);
      }
      const { metadata, spec } = (await answered(custom.getNamespacedCustomObject(objectOf(target)))) as Scaled;
      return floorOf(metadata, spec?.minReplicaCount ?? 0, spec?.maxReplicaCount ?? KEDA_MOST);
    },

    setFloor: async (target, from, least, lastStepMs) => {
      const annotations = lastStepMs === null ? {} : { [LAST_STEP]: new Date(lastStepMs).toISOString() };
      const metadata = { resourceVersion: from.version, annotations };
      if (target.kind === "HorizontalPodAutoscaler") {
        const body = { metadata, spec: { minReplicas: least } };
        await answered(scaling.patchNamespacedHorizontalPodAutoscaler({ name: target.name, namespace, body }, merge));
      } else {
        const body = { metadata, spec: { minReplicaCount: least } };
        await answered(custom.patchNamespacedCustomObject({ ...objectOf(target), body }, merge));
      }
    },

    pods: async ({ selector }) => {
      const { items } = await answered(core.listNamespacedPod({ namespace, labelSelector: selector }));
      return items
        .filter(({ metadata, status }) => !metadata?.deletionTimestamp && status?.phase !== "Failed")
        .map(({ metadata, status }) => ({
          name: metadata?.name ?? "",
          ip: status?.podIP ?? "",
          isReady: (status?.conditions ?? []).some((one) => one.type === "Ready" && one.status === "True"),
          deletionCost: costOf(metadata?.annotations?.[DELETION_COST]),
        }));
    },

    setDeletionCost: async (name, cost) => {
      const body = { metadata: { annotations: { [DELETION_COST]: String(cost) } } };
      await answered(core.patchNamespacedPod({ name, namespace, body }, merge));
    },

    setStatus: async (name, status) => {
      await answered(custom.patchNamespacedCustomObjectStatus({ ...EVENTS, namespace, name, body: { status } }, merge));
    },

    notice: async ({ type, reason, message, about }) => {
      const at = new Date();
      await answered(
        core.createNamespacedEvent({
          namespace,
          body: {
            metadata: { generateName: `${about.name}.`, namespace },
            involvedObject: { ...about, namespace },
            ...{ type, reason, message, firstTimestamp: at, lastTimestamp: at, count: 1 },
            source: { component: "shoal-autoscaler" },
            reportingComponent: "shoal.dev/autoscaler",
            reportingInstance: identity,
          },
        }),
      );
    },

    lease: async () => {
      try {
        const { metadata, spec } = await answered(leases.readNamespacedLease({ name: options.lease, namespace }));
        return {
          version: metadata?.resourceVersion ?? "",
          record: {
            holder: spec?.holderIdentity ?? "",
            seconds: spec?.leaseDurationSeconds ?? 15,
            renewed: spec?.renewTime ? new Date(spec.renewTime).toISOString() : "",
            transitions: spec?.leaseTransitions ?? 0,
          },
        };
      } catch (error) {
        if (error instanceof ApiException && error.code === 404) return null;
        throw error;
      }
    },

    putLease: async ({ holder, seconds, renewed, transitions }, version) => {
      const body = {
        metadata: { name: options.lease, namespace, ...(version === null ? {} : { resourceVersion: version }) },
        spec: {
          holderIdentity: holder,
          leaseDurationSeconds: seconds,
          renewTime: new V1MicroTime(renewed),
          leaseTransitions: transitions,
        },
      };
      if (version === null) await answered(leases.createNamespacedLease({ namespace, body }));
      else await answered(leases.replaceNamespacedLease({ name: options.lease, namespace, body }));
    },
  };

  async function fromObjects() {
    const answer = await custom.listNamespacedCustomObjectWithHttpInfo({ ...EVENTS, namespace });
    const events = ((answer.data as Listed).items ?? []).map(
      ({ metadata, spec, status }): AnnouncedEvent => ({
        ...{ name: metadata?.name ?? "", spec, status: status ?? {}, generation: metadata?.generation ?? 0 },
      }),
    );
    return { events, serverMs: timeOf(answer.headers) };
  }

  async function fromConfigMap() {
    const answer = await core.readNamespacedConfigMapWithHttpInfo({ name: options.configMap, namespace });
    const list: unknown = JSON.parse(answer.data.data?.["events.json"] ?? "[]");
    if (!Array.isArray(list)) throw new Error(`events.json of the ConfigMap ${options.configMap} must be a list.`);
    const events = list.map((item: unknown, at): AnnouncedEvent => {
      const { name, spec } = (item ?? {}) as { name?: unknown; spec?: unknown };
      return { name: typeof name === "string" ? name : `event ${at}`, spec, status: null, generation: 0 };
    });
    return { events, serverMs: timeOf(answer.headers) };
  }
}

function floorOf(metadata: Scaled["metadata"], least: number, most: number): Floor {
  const lastStepMs = Date.parse(metadata?.annotations?.[LAST_STEP] ?? "");
  const version = metadata?.resourceVersion ?? "";
  return { least, most, version, lastStepMs: Number.isNaN(lastStepMs) ? 0 : lastStepMs };
}

function costOf(written: string | undefined): number | null {
  return written !== undefined && /^-?\d+$/.test(written) ? Number(written) : null;
}

function timeOf(headers: Readonly<Record<string, string>>): number | null {
  const ms = Date.parse(headers.date ?? "");
  return Number.isNaN(ms) ? null : ms;
}

/** An answer, or an error where it does not come; a conflict by a name of its own. */
async function answered<T>(asking: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("The API does not answer.")), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([asking, late]);
  } catch (error) {
    if (error instanceof ApiException && error.code === 409) throw new ConflictError("It was changed meanwhile.");
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
