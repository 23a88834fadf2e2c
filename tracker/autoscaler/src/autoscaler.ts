import { randomBytes } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";
import { ConfigError, createLog } from "@shoal/sealer";
import { AUTOSCALER_DEFAULTS, type AutoscalerOptions } from "./config.ts";
import { DeletionOrder } from "./deletion-order.ts";
import { createKubeCluster } from "./kube-cluster.ts";
import { Leadership } from "./leadership.ts";
import { createMetrics } from "./metrics.ts";
import { goRound } from "./rounds.ts";
import { socketsFromMetrics } from "./sockets.ts";

/** What an autoscaler runs in; for tests. */
export interface AutoscalerWorld {
  /** This machine's clock, milliseconds since 1970. */
  readonly systemNow?: () => number;
  /** Makes the moment by which events are judged of the API's: a day in minutes. */
  readonly scale?: (ms: number) => number;
  readonly kubeConfig?: KubeConfig;
  readonly writeLog?: (line: string) => void;
}

/** An autoscaler that runs. */
export interface Autoscaler {
  readonly url: string;
  readonly leads: boolean;
  /** Gives the Lease up and ends. May be called twice. */
  close(): Promise<void>;
}

/** Clocks that differ by less are the same: the API names whole seconds. */
const SAME_CLOCK_MS = 2_000;
/** Not alive where no turn ended for so many leases. */
const STUCK_AFTER_LEASES = 8;

/** Starts one. @throws ConfigError where it has nothing to scale */
export async function startAutoscaler(
  given: Partial<AutoscalerOptions> = {},
  world: AutoscalerWorld = {},
): Promise<Autoscaler> {
  const options = { ...AUTOSCALER_DEFAULTS, ...given };
  if (options.targets.length === 0) throw new ConfigError("SHOAL_AUTOSCALER_TARGETS must name what is scaled.");
  const identity = options.identity || `autoscaler-${randomBytes(4).toString("hex")}`;
  const log = createLog("autoscaler", options.logLevel, world.writeLog);
  const metrics = createMetrics();
  const { systemNow = Date.now, scale = (ms: number) => ms } = world;
  const cluster = createKubeCluster(world.kubeConfig ?? defaultConfig(), { ...options, identity });
  const leadership = new Leadership(cluster, { identity, seconds: options.leaseSeconds }, log, () => performance.now());
  const ending = new AbortController();
  let turnedAtMs = performance.now();
  let reached = false;

  const nowMs = (serverMs: number | null): number => {
    const ownMs = systemNow();
    const skewMs = serverMs === null || Math.abs(serverMs - ownMs) < SAME_CLOCK_MS ? 0 : serverMs - ownMs;
    metrics.skew.set(skewMs / 1_000);
    return scale(ownMs + skewMs);
  };
  const readSockets = socketsFromMetrics(options.metricsUrl);
  const order = new DeletionOrder(cluster);
  const rounds = { cluster, order, options, readSockets, metrics, log, nowMs, leads: () => leadership.leads };

  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal: ending.signal }).catch(() => {});
  const elect = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await leadership.turn();
      metrics.leader.set(leadership.leads ? 1 : 0);
      turnedAtMs = performance.now();
      await pause((options.leaseSeconds * 1_000) / 8);
    }
  };
  const work = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      if (leadership.leads) {
        try {
          await goRound(rounds);
          reached = true;
          metrics.lastSuccess.set(systemNow() / 1_000);
        } catch (error) {
          metrics.errors.inc();
          log.error("round-failed", { reason: error instanceof Error ? error.message : String(error) });
        }
      } else {
        // Whoever does not lead says nothing of pods.
        for (const gauge of [metrics.floor, metrics.wanted, metrics.ready, metrics.missing, metrics.sockets])
          gauge.reset();
        metrics.nextStart.set(Number.POSITIVE_INFINITY);
      }
      await pause(options.intervalMs);
    }
  };

  const http = createServer((request, response) => {
    const isStuck = performance.now() - turnedAtMs > STUCK_AFTER_LEASES * options.leaseSeconds * 1_000;
    if (request.url === "/livez") return text(response, isStuck ? 503 : 200, isStuck ? "stuck" : "ok");
    // One that waits is ready as well: there is nothing that it should do.
    const isReady = reached || !leadership.leads;
    if (request.url === "/readyz") return text(response, isReady ? 200 : 503, isReady ? "ok" : "starting");
    if (request.url !== "/metrics") return text(response, 404, "not found");
    metrics.registry.metrics().then(
      (body) => response.writeHead(200, { "content-type": metrics.registry.contentType }).end(body),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port, options.host, resolve);
  });
  const { port } = http.address() as AddressInfo;
  log.info("listening", { port, identity, dryRun: options.dryRun });
  const running = Promise.all([elect(), work()]);
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    ending.abort();
    await running;
    await leadership.release();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    get leads() {
      return leadership.leads;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function defaultConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/plain", "cache-control": "no-store" }).end(`${body}\n`);
}
