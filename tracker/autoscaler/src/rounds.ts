import type { Log } from "@shoal/sealer";
import { type AnnouncedEvent, type Cluster, ConflictError, type EventStatus, type Floor } from "./cluster.ts";
import type { AutoscalerOptions, Target } from "./config.ts";
import { areMarksDue, type DeletionOrder } from "./deletion-order.ts";
import { invalidStatus, isSameStatus, type Standing, statusOf } from "./event-status.ts";
import { type CapacityModel, floorOf, isUnderWay, peakOf } from "./floor.ts";
import { type LiveEvent, readLiveEvent } from "./live-event.ts";
import type { Metrics } from "./metrics.ts";
import { countSockets, type ReadSockets } from "./sockets.ts";
import { nextStep, type Step } from "./step.ts";

/** What a round needs. */
export interface Rounds {
  readonly cluster: Cluster;
  readonly order: DeletionOrder;
  readonly options: AutoscalerOptions;
  readonly readSockets: ReadSockets;
  readonly metrics: Metrics;
  readonly log: Log;
  /** False: this one no longer leads, and what was decided is not done. */
  readonly leads: () => boolean;
  /** The moment by which events are judged, once the API's clock is known. */
  readonly nowMs: (serverMs: number | null) => number;
}

interface Read {
  readonly announced: AnnouncedEvent;
  readonly event: LiveEvent;
}

/** Once through everything: events, then each zone's floor, then what is told of the events. @throws where a zone failed */
export async function goRound(rounds: Rounds): Promise<void> {
  const { cluster, options, metrics } = rounds;
  const { events: all, serverMs } = await cluster.announced();
  const nowMs = rounds.nowMs(serverMs);
  const read: Read[] = [];
  for (const announced of all) {
    const result = readLiveEvent(announced.name, announced.spec, options.leadMinutes * 60_000);
    if (result.ok) read.push({ announced, event: result.event });
    else await tell(rounds, announced, invalidStatus(announced, result.reason, nowMs));
  }
  const events = read.map(({ event }) => event);
  const failures: unknown[] = [];
  const standings = new Map<string, { readonly ready: number; readonly most: number }>();
  for (const target of options.targets) {
    try {
      standings.set(target.zone, await settle(rounds, target, events, nowMs));
    } catch (error) {
      // One zone's trouble is not the others'.
      failures.push(error);
    }
  }
  for (const { announced, event } of read) {
    if (standings.size < options.targets.length) break;
    await tell(rounds, announced, statusOf(announced, event, standingOf(event, options, standings), nowMs));
  }
  const starts = events.filter(({ endMs }) => endMs > nowMs).map(({ startMs }) => startMs);
  metrics.nextStart.set(starts.length > 0 ? (Math.min(...starts) - nowMs) / 1_000 : Number.POSITIVE_INFINITY);
  if (failures.length > 0) throw failures[0];
}

const modelOf = (options: AutoscalerOptions): CapacityModel => options;
const zonesOf = (options: AutoscalerOptions): readonly string[] => options.targets.map(({ zone }) => zone);

async function settle(rounds: Rounds, target: Target, events: readonly LiveEvent[], nowMs: number) {
  const { cluster, order, options, metrics, leads } = rounds;
  const { zone } = target;
  const [floor, pods] = [await cluster.floor(target), await cluster.pods(target)];
  const ready = pods.filter(({ isReady }) => isReady);
  const sockets = await countSockets(ready, rounds.readSockets);
  const sum = [...sockets.values()].reduce((total, count) => total + count, 0);
  const wanted = floorOf(events, modelOf(options), nowMs, zone, zonesOf(options));
  const step = nextStep({
    ...{ current: floor.least, most: floor.most, wanted, nowMs, lastStepMs: floor.lastStepMs },
    isEvent: events.some((event) => isUnderWay(event, nowMs)),
    socketPods: sockets.size < ready.length ? null : Math.ceil(sum / options.viewersPerPod),
    stepDownPercent: options.stepDownPercent,
    stepDownMs: options.stepDownSeconds * 1_000,
  });
  metrics.wanted.set({ zone }, wanted);
  metrics.ready.set({ zone }, ready.length);
  metrics.sockets.set({ zone }, sum);
  metrics.missing.set({ zone }, Math.max(0, wanted - ready.length));
  metrics.floor.set({ zone }, floor.least);
  const surplus = {
    ...{ ready: ready.length, floor: floor.least, nextFloor: step.floor, markedMs: order.markedMs(zone) },
    ...{ nowMs, everyMs: options.stepDownSeconds * 1_000 },
  };
  if (areMarksDue(surplus) && !options.dryRun && leads()) await order.mark(zone, ready, sockets, nowMs);
  if (step.floor !== floor.least) await take(rounds, target, floor, step, nowMs);
  return { ready: ready.length, most: floor.most };
}

async function take(
  { cluster, options, metrics, log, leads }: Rounds,
  target: Target,
  from: Floor,
  step: Step,
  nowMs: number,
): Promise<void> {
  const { zone, name, kind } = target;
  const fields = { zone, name, from: from.least, to: step.floor, reason: step.reason, dryRun: options.dryRun };
  if (options.dryRun) return log.info("would-set-floor", fields);
  if (!leads()) return;
  const isLower = step.floor < from.least;
  try {
    await cluster.setFloor(target, from, step.floor, isLower ? nowMs : null);
  } catch (error) {
    // Somebody changed it between: the next round sees what it is now.
    if (error instanceof ConflictError) return log.info("floor-changed-meanwhile", fields);
    throw error;
  }
  log.info("floor", fields);
  metrics.steps.inc({ reason: step.reason });
  metrics.floor.set({ zone }, step.floor);
  const apiVersion = kind === "ScaledObject" ? "keda.sh/v1alpha1" : "autoscaling/v2";
  await cluster
    .notice({
      type: step.isCapped ? "Warning" : "Normal",
      reason: isLower ? "FloorLowered" : "FloorRaised",
      message: `The floor went from ${from.least} to ${step.floor} trackers${step.isCapped ? "; more are wanted than are allowed" : ""}.`,
      about: { apiVersion, kind, name },
    })
    .catch((error: unknown) => log.warn("notice-failed", { reason: String(error) }));
}

/** Pods that an event needs by itself, at its peak, and how many there are. */
function standingOf(
  event: LiveEvent,
  options: AutoscalerOptions,
  standings: ReadonlyMap<string, { readonly ready: number; readonly most: number }>,
): Standing {
  let plannedReplicas = 0;
  let readyReplicas = 0;
  let isCapped = false;
  for (const [zone, { ready, most }] of standings) {
    const planned = peakOf(event, modelOf(options), zone, zonesOf(options));
    plannedReplicas += planned;
    // A zone that has too many does not help one that has too few.
    readyReplicas += Math.min(ready, planned);
    isCapped ||= planned > most;
  }
  return { plannedReplicas, readyReplicas, isCapped };
}

async function tell(
  { cluster, options, log, leads }: Rounds,
  announced: AnnouncedEvent,
  status: EventStatus,
): Promise<void> {
  const isNew = !isSameStatus(announced.status, status);
  if (!isNew || !leads()) return;
  const { name, status: before } = announced;
  if (before?.phase !== status.phase) log.info("event", { name, phase: status.phase ?? "", dryRun: options.dryRun });
  if (before === null || options.dryRun) return;
  await cluster
    .setStatus(name, status)
    .catch((error: unknown) => log.warn("status-failed", { name, reason: String(error) }));
  const short = (of: EventStatus | null): boolean =>
    (of?.conditions ?? []).some((condition) => condition.type === "Short" && condition.status === "True");
  const changed = before.phase !== status.phase || short(before) !== short(status);
  if (!changed) return;
  const message = (status.conditions ?? []).map((condition) => condition.message)[0] ?? "";
  await cluster
    .notice({
      type: short(status) || status.phase === "Invalid" ? "Warning" : "Normal",
      reason: short(status) ? "Short" : (status.phase ?? "Scheduled"),
      ...{ message, about: { apiVersion: "shoal.dev/v1alpha1", kind: "LiveEvent", name } },
    })
    .catch((error: unknown) => log.warn("notice-failed", { reason: String(error) }));
}
