import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Metrics } from "./metrics.ts";
import { type OperatorConfig, readOperatorConfig } from "./steering/operator-config.ts";

/** What the HTTP side asks and tells the tracker. */
export interface HttpSide {
  readonly metrics: Metrics;
  readonly adminToken: string;
  /** `null` while viewers are taken, else why not. */
  notReady(): string | null;
  /** The operator's configuration in force. */
  config(): OperatorConfig;
  applyConfig(config: OperatorConfig): void;
  /** Why a viewer meets whom it meets; `null` where there is no such viewer. */
  explain(swarm: string, peerId: string, count: number): object | null;
  /** Where a viewer connects; see `assign-route`. */
  assign(request: IncomingMessage, response: ServerResponse): void;
  /** The page for people; see `status-page`. */
  statusPage(): Promise<string>;
  /** False where `/metrics` has a port of its own. */
  readonly servesMetrics: boolean;
  /** Brings gauges up to date. */
  collect(): void;
}

const MAX_BODY_BYTES = 262_144;

/** Liveness, readiness, metrics, and the operator's remote configuration. */
export function createHttpHandler(side: HttpSide): RequestListener {
  return (request, response) => {
    route(request, response, side).catch(() => {
      if (!response.headersSent) json(response, 500, { code: "failed" });
      else response.destroy();
    });
  };
}

async function route(request: IncomingMessage, response: ServerResponse, side: HttpSide): Promise<void> {
  const path = (request.url ?? "/").replace(/\?.*$/s, "");
  if (path === "/livez") return text(response, 200, "ok");
  if (path === "/readyz") {
    const reason = side.notReady();
    return text(response, reason === null ? 200 : 503, reason ?? "ok");
  }
  if (path === "/v1/assign") return side.assign(request, response);
  if (path === "/") return page(response, await side.statusPage());
  if (path === "/metrics" && side.servesMetrics) return metricsOf(response, side);
  if (path === "/admin/config" && side.adminToken !== "") return admin(request, response, side);
  if (path === "/debug/match" && side.adminToken !== "") return debugMatch(request, response, side);
  return json(response, 404, { code: "not-found" });
}

async function admin(request: IncomingMessage, response: ServerResponse, side: HttpSide): Promise<void> {
  if (!isToken(request.headers.authorization, side.adminToken)) return json(response, 401, { code: "bad-token" });
  if (request.method === "GET") return json(response, 200, side.config());
  if (request.method !== "POST") return json(response, 405, { code: "method-not-allowed" });
  const body = await bodyOf(request);
  if (body === null) return json(response, 413, { code: "too-large" });
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return json(response, 400, { code: "bad-message", message: "The body must be JSON." });
  }
  const read = readOperatorConfig(value);
  if (!read.ok) return json(response, 400, { code: read.code, message: read.reason });
  side.applyConfig(read.value);
  return json(response, 200, read.value);
}

function debugMatch(request: IncomingMessage, response: ServerResponse, side: HttpSide): void {
  if (!isToken(request.headers.authorization, side.adminToken)) return json(response, 401, { code: "bad-token" });
  const query = new URL(request.url ?? "/", "http://tracker").searchParams;
  const count = Math.min(64, Math.max(1, Math.floor(Number(query.get("count") ?? 16)) || 16));
  const explanation = side.explain(query.get("swarm") ?? "", query.get("peer") ?? "", count);
  return explanation === null
    ? json(response, 404, { code: "not-found", message: "There is no such viewer in such a swarm on this tracker." })
    : json(response, 200, explanation);
}

function isToken(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Answers `/metrics` alone, on a port of its own. */
export function createMetricsHandler(side: Pick<HttpSide, "metrics" | "collect">): RequestListener {
  return (request, response) => {
    if ((request.url ?? "").replace(/\?.*$/s, "") !== "/metrics") return json(response, 404, { code: "not-found" });
    metricsOf(response, side).catch(() => response.destroy());
  };
}

async function metricsOf(response: ServerResponse, side: Pick<HttpSide, "metrics" | "collect">): Promise<void> {
  side.collect();
  response.setHeader("content-type", side.metrics.registry.contentType);
  response.end(await side.metrics.registry.metrics());
}

function page(response: ServerResponse, html: string): void {
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  response
    .writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": policy,
    })
    .end(html);
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/plain", "cache-control": "no-store" }).end(`${body}\n`);
}

function json(response: ServerResponse, status: number, body: object): void {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
