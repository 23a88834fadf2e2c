import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The sealer's metrics. No label names a stream. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const streams = new Gauge({ name: "shoal_sealer_swarms", help: "Swarms followed.", registers });
  const trackers = new Gauge({ name: "shoal_sealer_trackers", help: "Trackers connected.", registers });
  const bytes = new Gauge({ name: "shoal_sealer_read_bytes", help: "Bytes read from the CDN since start.", registers });
  const sealSeconds = new Histogram({
    name: "shoal_sealer_seal_duration_seconds",
    help: "From the start of a segment's read to its seal.",
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    registers,
  });
  const failures = new Counter({
    name: "shoal_sealer_failures_total",
    help: "Reads that failed, by why.",
    labelNames: ["reason"],
    registers,
  });
  const restarts = new Counter({
    name: "shoal_sealer_playlists_went_back_total",
    help: "Playlists that went back: everything of the track was read again.",
    registers,
  });
  return {
    registry,
    streams,
    trackers,
    bytes,
    counts: {
      sealed: (delayMs: number) => sealSeconds.observe(delayMs / 1_000),
      failed: (reason: string) => failures.inc({ reason }),
      restarted: () => restarts.inc(),
    },
  };
}
