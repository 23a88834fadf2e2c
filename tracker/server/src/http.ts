import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type RemoteConfig, readConfig } from "@shoal/protocol";
import type { Metrics } from "./metrics.ts";

/** What the HTTP side asks and tells the tracker. */
export interface HttpSide {
  readonly metrics: Metrics;
  readonly adminToken: string;
  /** `null` while viewers are taken, else why not. */
  notReady(): string | null;
  setConfig(config: RemoteConfig): void;
  /** Brings gauges up to date. */
  collect(): void;
}

const MAX_BODY_BYTES = 16_384;

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
  if (path === "/metrics") {
    side.collect();
    response.setHeader("content-type", side.metrics.registry.contentType);
    response.end(await side.metrics.registry.metrics());
    return;
  }
  if (path === "/admin/config" && side.adminToken !== "") return admin(request, response, side);
  return json(response, 404, { code: "not-found" });
}

async function admin(request: IncomingMessage, response: ServerResponse, side: HttpSide): Promise<void> {
  if (request.method !== "POST") return json(response, 405, { code: "method-not-allowed" });
  if (!isToken(request.headers.authorization, side.adminToken)) return json(response, 401, { code: "bad-token" });
  const body = await bodyOf(request);
  if (body === null) return json(response, 413, { code: "too-large" });
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return json(response, 400, { code: "bad-message", message: "The body must be JSON." });
  }
  const read = readConfig(value);
  if (!read.ok) return json(response, 400, { code: read.code, message: read.reason });
  side.setConfig(read.value.message);
  return json(response, 200, read.value.message);
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

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/plain", "cache-control": "no-store" }).end(`${body}\n`);
}

function json(response: ServerResponse, status: number, body: object): void {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
