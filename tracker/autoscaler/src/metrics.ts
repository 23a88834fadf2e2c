import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";

/** The autoscaler's metrics. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string) => new Gauge({ name: `shoal_autoscaler_${name}`, help, registers });
  const byZone = (name: string, help: string) =>
    new Gauge({ name: `shoal_autoscaler_${name}`, help, labelNames: ["zone"], registers });
  const nextStart = gauge("next_start_seconds", "Until the next event starts; below 0 while one is live; +Inf: none.");
  nextStart.set(Number.POSITIVE_INFINITY);
  return {
    registry,
    nextStart,
    leader: gauge("leader", "1 at the one that leads."),
    lastSuccess: gauge("last_success_timestamp_seconds", "When everything was last looked through without an error."),
    skew: gauge("clock_skew_seconds", "By how much the API's clock is ahead of this machine's."),
    floor: byZone("floor_pods", "The floor as it stands."),
    wanted: byZone("wanted_pods", "The floor that events ask for."),
    ready: byZone("ready_pods", "Trackers that are ready."),
    missing: byZone("missing_pods", "Trackers that events ask for and that are not ready."),
    sockets: byZone("sockets", "Viewers as trackers count them."),
    steps: new Counter({
      name: "shoal_autoscaler_steps_total",
      help: "Changes of a floor, by why.",
      labelNames: ["reason"],
      registers,
    }),
    errors: new Counter({ name: "shoal_autoscaler_errors_total", help: "Looks that ended in an error.", registers }),
  };
}

/** See {@link createMetrics}. */
export type Metrics = ReturnType<typeof createMetrics>;
