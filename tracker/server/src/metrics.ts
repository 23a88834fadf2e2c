import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** They list every handle and file of the process at each scrape: with 10,000 sockets the event loop stands for 25 ms. */
const DEAR_METRICS = [
  "process_open_fds",
  "nodejs_active_handles",
  "nodejs_active_handles_total",
  "nodejs_active_requests",
  "nodejs_active_requests_total",
  "nodejs_active_resources",
  "nodejs_active_resources_total",
];

/** The tracker's metrics. No label names a stream, an ISP or a viewer. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `shoal_tracker_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name: `shoal_tracker_${name}`, help, registers });
  collectDefaultMetrics({ register: registry });
  for (const name of DEAR_METRICS) registry.removeSingleMetric(name);
  const signals = counter("signals_total", "Signals: relayed on this pod, or dropped because unmatched or gone.", [
    "route",
  ]);
  return {
    registry,
    connections: gauge("connections", "Viewers that joined and are connected."),
    swarms: gauge("swarms", "Swarms with at least one viewer."),
    addresses: gauge("subscriber_lines", "Distinct subscriber lines with a socket; their addresses are not kept."),
    draining: gauge("draining", "1 while the tracker shuts down."),
    sealerConnected: gauge("sealer_connected", "1 while the sealer is reached."),
    joins: counter("joins_total", "Joins, by result.", ["result"]),
    admitted: counter("admitted_total", "Connections let in: joins that have yet to come, most of them at once."),
    rejected: counter("admission_rejected_total", "Refused joins, by refusal code.", ["reason"]),
    joinSeconds: new Histogram({
      name: "shoal_tracker_join_duration_seconds",
      help: "From a socket's CONNECT to its welcome.",
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1],
      registers,
    }),
    candidates: counter("candidates_total", "Candidates handed out, by whether they are in the same ISP.", ["isp"]),
    signals,
    /** Found once: signals are what a tracker has most of. */
    signalsLocal: signals.labels({ route: "local" }),
    dropped: counter("messages_dropped_total", "Messages of viewers that were not acted on.", ["reason"]),
    unknownFields: counter("unknown_fields_total", "Fields of newer viewers that this tracker skipped."),
    news: counter("news_total", "Segments announced by viewers, by what was done.", ["outcome"]),
    sealsReceived: counter("seals_received_total", "Seals from the sealer."),
    sealsPushed: counter("seals_pushed_total", "Seals pushed to viewers."),
    rosters: counter("roster_updates_total", "Viewers told who fetches for their cluster, or what changed of it."),
    bytes: counter("viewer_bytes_total", "Bytes that viewers report, by source.", ["source"]),
    stalls: counter("viewer_stalls_total", "Stalls that viewers report."),
    rescues: counter("viewer_rescues_total", "Segments that viewers report rescued from the CDN."),
    convictions: counter("convictions_total", "Reports of bytes that a seal refutes."),
    withheld: counter("withheld_total", "Viewers no longer offered to others, after three reports."),
    stun: counter("stun_datagrams_total", "Datagrams at the STUN ports, by whether they were answered.", ["outcome"]),
    configTold: counter("config_told_total", "Viewers told another configuration than before."),
    assigned: counter("assign_total", "Answers of `GET /v1/assign`, by result.", ["result"]),
    joinRate: gauge("join_rate_limit", "Joins a second that are let in at most now; 0: as many as come."),
    loopDelay: gauge("event_loop_delay_p90_seconds", "By how much the event loop is late, 9 of 10 times, in 250 ms."),
    moves: counter("moves_total", "Viewers asked to move to another pod."),
    linked: counter("linked_total", "Viewers told of somebody at another pod after they had joined."),
    pods: gauge("pods", "Pods that are reached, this one among them."),
    relayConnected: gauge("relay_connected", "1 while other pods can be reached, or there are none."),
    relayDropped: gauge("relay_dropped", "Messages to other pods that were dropped because Redis was away."),
    shardPeers: new Histogram({
      name: "shoal_tracker_shard_peers",
      help: "Viewers of each swarm of this pod, every five seconds.",
      buckets: [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000],
      registers,
    }),
    configPushes: counter("config_pushes_total", "Changes of the remote configuration."),
  };
}

/** See {@link createMetrics}. */
export type Metrics = ReturnType<typeof createMetrics>;
