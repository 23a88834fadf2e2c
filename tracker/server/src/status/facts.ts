import type { AdmissionControl } from "../admission/admission.ts";
import type { LoadGauge } from "../admission/load-gauge.ts";
import type { Metrics } from "../metrics.ts";
import type { Pods } from "../relay/pods.ts";
import type { Relay } from "../relay/relay.ts";
import type { Swarms } from "../swarms.ts";
import { MOST_ROWS, type StatusFacts } from "./status-page.ts";

interface Parts {
  readonly pod: string;
  readonly metrics: Metrics;
  readonly swarms: Swarms;
  readonly pods: Pods;
  readonly relay: Relay;
  readonly admission: AdmissionControl;
  readonly gauge: LoadGauge;
  readonly viewers: number;
  readonly draining: boolean;
}

/** Gathers what the status page shows. */
export async function factsOf(parts: Parts): Promise<StatusFacts> {
  const { metrics, swarms, pods, relay, admission, gauge } = parts;
  const isps = new Map<string, number>();
  const listed: StatusFacts["swarms"][number][] = [];
  for (const swarm of swarms.all()) {
    listed.push({ id: swarm.id, viewers: swarm.size, sealing: swarm.sealing });
    for (const [isp, viewers] of swarm.sizes()) isps.set(isp, (isps.get(isp) ?? 0) + viewers);
  }
  const total = async (of: Counted, wanted: Readonly<Record<string, string>> = {}): Promise<number> => {
    const { values } = await of.get();
    const isWanted = ({ labels }: { labels: object }): boolean =>
      Object.entries(wanted).every(([name, value]) => (labels as Record<string, unknown>)[name] === value);
    return values.filter(isWanted).reduce((sum, { value }) => sum + value, 0);
  };
  const refused = await total(metrics.rejected);
  return {
    pod: parts.pod,
    pods: pods.count,
    state: parts.draining ? "draining" : (admission.full(gauge.load) ?? "ready"),
    viewers: parts.viewers,
    joins: (await total(metrics.joins)) - (await total(metrics.joins, { result: "refused" })),
    refused,
    joinRate: admission.rate,
    loopDelayMs: gauge.load.loopDelayMs,
    relayConnected: relay.isConnected,
    sealerConnected: (await total(metrics.sealerConnected)) > 0,
    cdnBytes: await total(metrics.bytes, { source: "cdn" }),
    peerBytes: await total(metrics.bytes, { source: "peer" }),
    stalls: await total(metrics.stalls),
    swarms: listed.sort((a, b) => b.viewers - a.viewers).slice(0, MOST_ROWS),
    isps: [...isps]
      .map(([isp, viewers]) => ({ isp, viewers }))
      .sort((a, b) => b.viewers - a.viewers)
      .slice(0, MOST_ROWS),
  };
}

interface Counted {
  get(): Promise<{ readonly values: readonly { readonly value: number; readonly labels: object }[] }>;
}
