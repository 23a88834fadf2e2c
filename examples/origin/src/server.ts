import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { control } from "./control.ts";
import { Counter } from "./counts.ts";
import { type DeliveryTerms, deliver } from "./deliver.ts";
import { clientName, type Fault, faultFor, parseFault } from "./faults.ts";
import { type LiveClock, restarted } from "./live-window.ts";
import { loadMedia } from "./media.ts";
import { type Origin, type OriginOptions, originDefaults } from "./origin.ts";
import { Lane, parseShaping, type Shaping } from "./shaper.ts";
import { pageAt } from "./static-pages.ts";
import { isStreamPath, streamResource } from "./streams.ts";

/** Starts an origin and settles when it listens. Rejects where the port is taken or an option makes no sense. */
export async function createOrigin(options: OriginOptions = {}): Promise<Origin> {
  const { host, port, windowSegments, vodSegments, ranges, exposeHeaders, preflight } = {
    ...originDefaults,
    ...options,
  };
  const now = options.now ?? Date.now;
  demandCounts({ windowSegments, vodSegments, cyclicNames: options.cyclicNames ?? 1 });
  const media = await loadMedia();
  let clock: LiveClock = {
    startedAtMs: options.startedAtMs ?? now(),
    segmentMs: media.segmentSeconds * 1000,
    windowSegments,
    runs: [{ firstIndex: 0, firstNumber: 0, variant: 0 }],
    ...(options.cyclicNames === undefined ? {} : { cyclicNames: options.cyclicNames }),
  };
  let shaping: Shaping = parseShaping(options);
  let fault: Fault = { kind: "none" };
  const hanging = new Set<ServerResponse>();
  const counter = new Counter();
  const egress = new Lane(performance.now());
  const hosts = options.pathways ?? [];
  let priority = hosts;
  const resourceAt = (path: string) => {
    const steering = hosts.length > 0 ? { steering: { port: listeningPort, hosts, priority } } : {};
    return streamResource(path, { media, clock, nowMs: now(), vodSegments, ...steering });
  };

  async function serveStream(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const path = url.pathname;
    const resource = resourceAt(path);
    const client = clientName(request.headers, url.searchParams);
    const target = { media: resource?.kind === "media", client };
    const hit = faultFor(fault, target);
    const sealer = client === "sealer";
    if (resource !== undefined) {
      counter.request({ path, kind: resource.kind, sealer, sizeBytes: resource.sizeBytes, client });
    }
    if (hit.kind === "hang") {
      hanging.add(response);
      response.once("close", () => hanging.delete(response));
    } else if (hit.kind === "status") {
      response.writeHead(hit.status, { "Content-Length": 0 }).end();
    } else if (resource === undefined) {
      response.writeHead(404, { "Content-Length": 0 }).end();
    } else {
      const counted = { path, kind: resource.kind, sealer, sizeBytes: resource.sizeBytes, client };
      const terms: DeliveryTerms = {
        ranges,
        counter,
        egress,
        shaping: () => shaping,
        fault: () => faultFor(fault, target),
      };
      await deliver(request, response, resource, counted, terms);
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://origin");
    response.setHeader("Date", new Date(now()).toUTCString());
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Access-Control-Allow-Origin", "*");
    if (exposeHeaders) response.setHeader("Access-Control-Expose-Headers", "Content-Range, Content-Length, Date");
    if (request.method === "OPTIONS") return answerPreflight(response, preflight);
    if (url.pathname.startsWith("/_origin/")) {
      const { status, body } = await control(request, url, origin);
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { Allow: "GET, HEAD, OPTIONS", "Content-Length": 0 }).end();
      return;
    }
    if (isStreamPath(url.pathname)) return serveStream(request, response, url);
    const page = await pageAt(url.pathname, options.pages ?? []);
    if (page === undefined) response.writeHead(404, { "Content-Length": 0 }).end();
    else {
      response.writeHead(200, { "Content-Type": page.contentType, "Content-Length": page.sizeBytes });
      response.end(request.method === "HEAD" ? undefined : Buffer.concat([...page.read(0, page.sizeBytes)]));
    }
  }

  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A client that went away in the middle of its answer is no failure of ours.
      if (!request.destroyed && !response.destroyed) {
        console.error(`shoal-origin: ${request.method} ${request.url} failed:`, error);
      }
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const listeningPort = typeof address === "object" && address !== null ? address.port : port;
  const origin: Origin = {
    url: `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${listeningPort}`,
    counts: () => counter.snapshot(),
    resetCounts: () => counter.reset(),
    setFault(next) {
      fault = parseFault(next);
      for (const response of hanging) response.destroy();
    },
    setShaping(next) {
      shaping = parseShaping(next);
    },
    restartEncoder({ firstNumber = 0, variant = clock.runs.length, announcedSegments = 0 } = {}) {
      clock = { ...clock, runs: restarted(clock, now(), { firstNumber, variant }, announcedSegments) };
    },
    steer(next) {
      if (next.length === 0 || !next.every((host) => hosts.includes(host))) {
        throw new TypeError(`steer takes some of the pathways: ${hosts.join(", ") || "there are none"}.`);
      }
      priority = next;
    },
    bytesAt(path) {
      const resource = resourceAt(path);
      return resource && Buffer.concat([...resource.read(0, resource.sizeBytes)]);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return origin;
}

function answerPreflight(response: ServerResponse, allowed: boolean): void {
  if (allowed) {
    response.setHeader("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS");
    response.setHeader("Access-Control-Allow-Headers", "Range, Content-Type, X-Shoal-Client");
    response.setHeader("Access-Control-Max-Age", "600");
  }
  response.writeHead(allowed ? 204 : 403).end();
}

function demandCounts(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${name} must be a whole number from 1.`);
  }
}
