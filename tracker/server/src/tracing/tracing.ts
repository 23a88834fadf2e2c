import type { Log } from "@shoal/sealer";

/** What is known of a traced step when it ends. Never an address. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** Traces single steps, for operators who collect them. */
export interface Tracing {
  /** One step that has just ended. Most are not sampled, and cost nothing. */
  ended(name: string, startedMs: number, facts: SpanFacts): void;
  close(): Promise<void>;
}

export const NO_TRACING: Tracing = { ended: () => {}, close: async () => {} };

/**
 * Traces to an OpenTelemetry collector over OTLP/HTTP. The packages are loaded only here: a tracker that traces nothing needs
 * none of them.
 *
 * @param endpoint base URL of the collector, as `OTEL_EXPORTER_OTLP_ENDPOINT` has it
 * @param share of all steps, 0 to 1
 */
export async function openTracing(
  endpoint: string,
  share: number,
  resource: { readonly pod: string },
  random: () => number,
  log: Log,
): Promise<Tracing> {
  if (endpoint === "" || share === 0) return NO_TRACING;
  const [{ TracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all(
    [
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/resources"),
    ],
  );
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, "")}/v1/traces` });
  const processor = new BatchSpanProcessor({ exporter });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "shoal-tracker", "service.instance.id": resource.pod }),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer("shoal-tracker");
  log.info("tracing", { endpoint, share });
  return {
    ended: (name, startedMs, facts) => {
      if (random() >= share) return;
      const beganMs = performance.timeOrigin + startedMs;
      const span = tracer.startSpan(name, { startTime: beganMs, attributes: { ...facts } });
      span.end(performance.timeOrigin + performance.now());
    },
    close: async () => {
      // A collector that is away must not hold up the end of the process.
      await provider.shutdown().catch(() => {});
    },
  };
}
