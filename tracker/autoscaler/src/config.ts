import {
  anyText,
  defaultsOf,
  flag,
  json,
  LOG_LEVELS,
  type LogLevel,
  type OptionsOf,
  oneOfWords,
  readEnvironment,
  variable,
  wholeNumber,
} from "@shoal/sealer";

/** What the autoscaler moves the floor of: the trackers of one zone. */
export interface Target {
  /** Empty where the cluster is one zone. */
  readonly zone: string;
  readonly kind: "HorizontalPodAutoscaler" | "ScaledObject";
  /** Name of that object. */
  readonly name: string;
  /** Label selector of the trackers' pods. */
  readonly selector: string;
}

function readTargets(value: unknown): readonly Target[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const targets: Target[] = [];
  for (const item of value) {
    const { zone = "", kind, name, selector } = (item ?? {}) as Record<string, unknown>;
    if (kind !== "HorizontalPodAutoscaler" && kind !== "ScaledObject") return undefined;
    if (typeof zone !== "string" || typeof name !== "string" || name === "") return undefined;
    if (typeof selector !== "string" || selector === "") return undefined;
    targets.push({ zone, kind, name, selector });
  }
  return new Set(targets.map(({ zone }) => zone)).size === targets.length ? targets : undefined;
}

const targetList = json<readonly Target[]>(
  'a JSON list such as [{"zone":"","kind":"HorizontalPodAutoscaler","name":"shoal-tracker","selector":"app=tracker"}], each zone once',
  readTargets,
);
const SCHEDULES = ["crd", "configmap"] as const;

/** Every variable of the autoscaler: the only place where its name, default and meaning stand. */
export const AUTOSCALER_VARIABLES = {
  host: variable("SHOAL_AUTOSCALER_HOST", anyText, "0.0.0.0", "Address to listen on."),
  port: variable("SHOAL_AUTOSCALER_PORT", wholeNumber(0, 65_535), 8_002, "Port of `/livez`, `/readyz` and `/metrics`."),
  namespace: variable("SHOAL_AUTOSCALER_NAMESPACE", anyText, "default", "Namespace of everything that it looks at."),
  identity: variable("SHOAL_AUTOSCALER_IDENTITY", anyText, "", "Its name in the Lease; without it one is drawn."),
  lease: variable("SHOAL_AUTOSCALER_LEASE", anyText, "shoal-autoscaler", "Lease by which one of several leads."),
  leaseSeconds: variable(
    "SHOAL_AUTOSCALER_LEASE_SECONDS",
    wholeNumber(3, 600),
    15,
    "A leader that was not heard of for so long is replaced, seconds.",
  ),
  targets: variable<readonly Target[]>("SHOAL_AUTOSCALER_TARGETS", targetList, [], "What is scaled, a zone each."),
  schedule: variable<(typeof SCHEDULES)[number]>(
    "SHOAL_AUTOSCALER_SCHEDULE",
    oneOfWords(SCHEDULES),
    "crd",
    "Where events are: `crd`, LiveEvent objects, or `configmap`, where CRDs are not allowed.",
  ),
  configMap: variable(
    "SHOAL_AUTOSCALER_CONFIGMAP",
    anyText,
    "shoal-events",
    'ConfigMap whose key `events.json` is a list such as [{"name":"final","spec":{…}}], each `spec` as in a LiveEvent.',
  ),
  intervalMs: variable(
    "SHOAL_AUTOSCALER_INTERVAL_MS",
    wholeNumber(50, 600_000),
    10_000,
    "How often events, floors and pods are looked at, milliseconds.",
  ),
  leadMinutes: variable(
    "SHOAL_AUTOSCALER_LEAD_MINUTES",
    wholeNumber(0, 1_440),
    25,
    "So long before viewers their pods are asked for, unless the event says otherwise.",
  ),
  viewersPerPod: variable(
    "SHOAL_AUTOSCALER_VIEWERS_PER_POD",
    wholeNumber(1, 1_000_000),
    10_000,
    "Viewers that a pod holds (SHOAL_MAX_SOCKETS).",
  ),
  joinsPerPod: variable(
    "SHOAL_AUTOSCALER_JOINS_PER_POD",
    wholeNumber(1, 100_000),
    1_000,
    "Joins a second that a pod is counted on for.",
  ),
  sparePods: variable("SHOAL_AUTOSCALER_SPARE_PODS", wholeNumber(0, 1_000), 1, "Pods to spare in each zone."),
  leastPods: variable("SHOAL_AUTOSCALER_LEAST_PODS", wholeNumber(1, 10_000), 2, "The floor where there is no event."),
  stepDownPercent: variable(
    "SHOAL_AUTOSCALER_STEP_DOWN_PERCENT",
    wholeNumber(1, 100),
    10,
    "After events the floor falls by so much a step, per cent; at least by one pod.",
  ),
  stepDownSeconds: variable("SHOAL_AUTOSCALER_STEP_DOWN_SECONDS", wholeNumber(1, 86_400), 60, "Seconds of a step."),
  metricsUrl: variable(
    "SHOAL_AUTOSCALER_POD_METRICS",
    anyText,
    "http://{ip}:9464/metrics",
    "Where a tracker counts its viewers; `{ip}` and `{name}` are the pod's.",
  ),
  dryRun: variable("SHOAL_AUTOSCALER_DRY_RUN", flag, false, "Says what it would do and does nothing."),
  logLevel: variable<LogLevel>("SHOAL_LOG_LEVEL", oneOfWords(LOG_LEVELS), "info", "Least level that is logged."),
} as const;

/** Options of an autoscaler. */
export type AutoscalerOptions = OptionsOf<typeof AUTOSCALER_VARIABLES>;

/** The options where nothing is set. */
export const AUTOSCALER_DEFAULTS: AutoscalerOptions = defaultsOf(AUTOSCALER_VARIABLES);

/** Options from environment variables. @throws ConfigError that names the variable and what it must be */
export function autoscalerOptionsFrom(environment: Readonly<Record<string, string | undefined>>): AutoscalerOptions {
  return readEnvironment(AUTOSCALER_VARIABLES, environment);
}
