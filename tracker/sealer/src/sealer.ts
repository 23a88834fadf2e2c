import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isSegmentId, isTrackId, type SealKey, type SwarmId } from "@shoal/protocol";
import { Server } from "socket.io";
import { type Clock, systemClock } from "./clock.ts";
import { SEALER_DEFAULTS, type SealerOptions } from "./config.ts";
import { ConfigError } from "./environment.ts";
import { LINK_EVENTS, LINK_NAMESPACE, readFollow, readLinkNews } from "./link-messages.ts";
import { createLog } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { type Fetch, OriginClient } from "./origin-client.ts";
import { generateSealKey, loadSealKey } from "./signer.ts";
import { Sources } from "./sources.ts";
import { type SendToTracker, Streams } from "./streams.ts";

/** A running sealer. */
export interface Sealer {
  /** Where it listens, such as `http://127.0.0.1:8001`. */
  readonly url: string;
  /** What viewers verify its seals with. */
  readonly keys: readonly SealKey[];
  /** Stops following and listening. May be called twice. */
  close(): Promise<void>;
}

/** The world outside, given in by tests. */
export interface SealerWorld {
  readonly clock?: Clock;
  readonly fetch?: Fetch;
  /** Takes one line of the log. */
  readonly writeLog?: (line: string) => void;
}

/** A viewer may wait for a seal for so long, milliseconds. */
const MAX_WAIT_MS = 10_000;

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** Starts a sealer. @throws ConfigError, or what `listen` throws (a port that is taken) */
export async function startSealer(given: Partial<SealerOptions> = {}, world: SealerWorld = {}): Promise<Sealer> {
  const options: SealerOptions = { ...SEALER_DEFAULTS, ...given };
  const { clock = systemClock, fetch: fetchFrom = fetch } = world;
  const log = createLog("sealer", options.logLevel, world.writeLog);
  if (!LOOPBACK.has(options.host) && options.secret === "") {
    throw new ConfigError("SHOAL_SEALER_SECRET must be set where SHOAL_SEALER_HOST is not loopback.");
  }
  if (options.sealKey === "") log.warn("key-made", { message: "A new key was made: set SHOAL_SEAL_KEY to keep one." });
  const signer = loadSealKey(options.sealKey === "" ? generateSealKey() : options.sealKey);
  if (options.mediaBase === "" && Object.keys(options.streams).length === 0) {
    log.warn("unsealed", { message: "Neither SHOAL_MEDIA_BASE nor SHOAL_STREAMS is set: nothing will be sealed." });
  }
  const client = new OriginClient(fetchFrom, options);
  const metrics = createMetrics();
  const parts = { clock, client, signer, log, metrics: metrics.counts };
  const streams = new Streams(parts, { ...options, sources: new Sources(options.mediaBase, options.streams) });

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://sealer");
    response.setHeader("access-control-allow-origin", "*");
    if (url.pathname === "/livez" || url.pathname === "/readyz") return text(response, "ok\n");
    if (url.pathname === "/metrics") {
      metrics.streams.set(streams.size);
      metrics.bytes.set(client.bytesRead);
      return text(response, await metrics.registry.metrics(), metrics.registry.contentType);
    }
    if (url.pathname !== "/v1/seal") return refuse(response, 404, "not-found");
    const segmentId = url.searchParams.get("segment");
    if (!isSegmentId(segmentId)) return refuse(response, 400, "bad-segment");
    const swarm = (url.searchParams.get("swarm") ?? "") as SwarmId;
    const track = url.searchParams.get("track");
    const waitMs = Math.min(MAX_WAIT_MS, Number(url.searchParams.get("wait") ?? 0) || 0);
    const bytes = await streams.sealWithin(swarm, segmentId, isTrackId(track) ? track : null, waitMs);
    if (!bytes) return refuse(response, 404, "no-seal");
    response.writeHead(200, { "content-type": "application/octet-stream", "cache-control": "no-store" }).end(bytes);
  };
  const http = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });

  const io = new Server(http, { transports: ["websocket"], serveClient: false, maxHttpBufferSize: 4_194_304 });
  const link = io.of(LINK_NAMESPACE);
  link.use((socket, next) => {
    const { secret } = socket.handshake.auth as { secret?: unknown };
    next(options.secret === "" || isSame(secret, options.secret) ? undefined : new Error("bad-secret"));
  });
  link.on("connection", (socket) => {
    metrics.trackers.inc();
    const { tracker } = socket.handshake.auth as { tracker?: unknown };
    const id = typeof tracker === "string" && tracker.length <= 64 ? tracker : socket.id;
    const send: SendToTracker = (event, payload) => socket.emit(event, payload);
    streams.connect(id, send);
    socket.emit(LINK_EVENTS.keys, { keys: [signer.key] });
    socket.on(LINK_EVENTS.follow, (value: unknown) => {
      const follow = readFollow(value);
      if (follow) streams.follow(id, follow);
    });
    socket.on(LINK_EVENTS.news, (value: unknown) => {
      const news = readLinkNews(value);
      if (news) streams.news(news);
    });
    socket.on("disconnect", () => {
      metrics.trackers.dec();
      streams.disconnect(id, send);
    });
  });

  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port, options.host, resolve);
  });
  const { port } = http.address() as AddressInfo;
  log.info("listening", { port, keyId: signer.key.keyId });
  let closing: Promise<void> | null = null;
  const close = async () => {
    streams.close();
    await io.close();
    http.closeAllConnections();
    log.info("closed");
  };
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    keys: [signer.key],
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function isSame(given: unknown, wanted: string): boolean {
  const a = Buffer.from(typeof given === "string" ? given : "");
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}

function text(response: ServerResponse, body: string, type: string = "text/plain"): void {
  response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(body);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  response.writeHead(status, headers).end(JSON.stringify({ code }));
}
