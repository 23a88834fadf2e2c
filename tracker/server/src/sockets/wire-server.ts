import { randomBytes } from "node:crypto";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import {
  RefusedJoin,
  SOCKET_PATH,
  type ViewerHandlers,
  type ViewerServer,
  type ViewerServerOptions,
  type ViewerSocket,
} from "./viewer-server.ts";
import { BYE, connectedPacket, eventPacket, openPacket, PING, readClientPacket, refusedPacket } from "./wire.ts";

/** Connections are looked after this often, milliseconds. */
const SWEEP_MS = 1_000;
/** A connection closed by us that does not close is ended after this long, milliseconds. */
const CLOSE_WITHIN_MS = 2_000;

/**
 * Viewers' connections: what socket.io's client speaks over one WebSocket, spoken over `ws` without the layers between.
 * A handshake costs a third of socket.io's, a joined viewer half the memory (`npm run bench:tracker`).
 */
export function wireServer<T>(
  http: HttpServer,
  options: ViewerServerOptions,
  handlers: ViewerHandlers<T>,
): ViewerServer {
  const server = new WireServer(options, handlers);
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => server.upgrade(request, socket, head));
  return server;
}

class WireServer<T> implements ViewerServer {
  readonly #options: ViewerServerOptions;
  readonly #handlers: ViewerHandlers<T>;
  readonly #sockets = new Set<WireSocket<T>>();
  readonly #ws: WebSocketServer;
  readonly #sweeping: ReturnType<typeof setInterval>;
  readonly #session = randomBytes(9).toString("base64url");
  #count = 0;

  constructor(options: ViewerServerOptions, handlers: ViewerHandlers<T>) {
    this.#options = options;
    this.#handlers = handlers;
    this.#ws = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maxMessageBytes,
    });
    this.#sweeping = setInterval(() => this.#sweep(performance.now()), SWEEP_MS);
    this.#sweeping.unref();
  }

  get size(): number {
    return this.#sockets.size;
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const url = request.url ?? "";
    if (!url.startsWith(SOCKET_PATH) && !url.startsWith(`${SOCKET_PATH.slice(0, -1)}?`)) return end(stream, 404);
    const query = Object.fromEntries(new URLSearchParams(url.slice(url.indexOf("?") + 1)));
    if (query.transport !== "websocket" || query.EIO !== "4") return end(stream, 400);
    const refusal = this.#handlers.refuseUpgrade(request);
    if (refusal !== null) return end(stream, refusal);
    this.#ws.handleUpgrade(request, stream, head, (ws) => {
      const { pingIntervalMs, pingTimeoutMs, maxMessageBytes } = this.#options;
      const sid = `${this.#session}${(this.#count++).toString(36)}`;
      const arrival = { remoteAddress: request.socket.remoteAddress ?? "", headers: request.headers, query };
      const socket = new WireSocket(ws, stream, sid, arrival, this.#handlers, this.#options, () =>
        this.#sockets.delete(socket),
      );
      this.#sockets.add(socket);
      ws.send(openPacket(sid, pingIntervalMs, pingTimeoutMs, maxMessageBytes));
    });
  }

  broadcast(event: string, payload: object): void {
    const packet = eventPacket(event, payload);
    for (const socket of this.#sockets) socket.say(packet);
  }

  async close(code: number = 1001): Promise<void> {
    clearInterval(this.#sweeping);
    const closed = [...this.#sockets].map((socket) => socket.closeAndWait(code));
    await Promise.all(closed);
    this.#ws.close();
  }

  #sweep(nowMs: number): void {
    for (const socket of this.#sockets) socket.tend(nowMs);
  }
}

interface Door {
  readonly remoteAddress: string;
  readonly headers: IncomingMessage["headers"];
  readonly query: Readonly<Record<string, string>>;
}

class WireSocket<T> implements ViewerSocket {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  readonly #sid: string;
  readonly #handlers: ViewerHandlers<T>;
  readonly #options: ViewerServerOptions;
  readonly #gone: () => void;
  /** What the connection came with; forgotten once the join was read, the address with it. */
  #door: Door | null;
  #state: "open" | "joining" | "joined" | "closed" = "open";
  #events: Map<string, (payload: unknown) => void> | null = null;
  #closeHandler: () => void = () => {};
  /** The next thing to do: a ping while `#awaitsPong` is false, else the end. */
  #dueMs: number;
  #awaitsPong = false;
  #corked = false;

  constructor(
    ws: WebSocket,
    stream: Duplex,
    sid: string,
    door: Door,
    handlers: ViewerHandlers<T>,
    options: ViewerServerOptions,
    gone: () => void,
  ) {
    this.#ws = ws;
    this.#stream = stream;
    this.#sid = sid;
    this.#door = door;
    this.#handlers = handlers;
    this.#options = options;
    this.#gone = gone;
    this.#dueMs = performance.now() + options.joinWithinMs;
    ws.on("message", (data, isBinary) => this.#message(data as Buffer, isBinary));
    ws.on("close", () => this.#closed());
    // A broken frame or connection; `close` follows.
    ws.on("error", () => {});
  }

  on(event: string, handle: (payload: unknown) => void): void {
    this.#events ??= new Map();
    this.#events.set(event, handle);
  }

  onClose(handle: () => void): void {
    this.#closeHandler = handle;
  }

  emit(event: string, payload: object): void {
    this.say(eventPacket(event, payload));
  }

  /** Sends a packet to a viewer that joined. */
  say(packet: string): void {
    if (this.#state === "joined") this.#send(packet);
  }

  close(code: number = 1000): void {
    this.say(BYE);
    this.#ws.close(code);
  }

  async closeAndWait(code: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#ws.once("close", () => resolve()));
    if (this.#ws.readyState === WebSocket.CLOSED) return;
    this.close(code);
    const ending = setTimeout(() => this.#ws.terminate(), CLOSE_WITHIN_MS);
    await closed;
    clearTimeout(ending);
  }

  /** Pings, and ends who does not answer or does not join. */
  tend(nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    if (this.#state !== "joined" || this.#awaitsPong) return this.#ws.terminate();
    this.#awaitsPong = true;
    this.#dueMs = nowMs + this.#options.pingTimeoutMs;
    this.#send(PING);
  }

  /** What is said to one viewer in one turn of the loop goes out in one write. */
  #send(packet: string): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#stream.uncork();
      });
    }
    this.#ws.send(packet);
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (isBinary || this.#state === "closed") return;
    const packet = readClientPacket(data.toString("latin1", 0, 1) === "3" ? "3" : data.toString("utf8"));
    if (packet.type === "event") {
      if (this.#state === "joined") this.#events?.get(packet.name)?.(packet.payload);
    } else if (packet.type === "pong") {
      if (!this.#awaitsPong) return;
      this.#awaitsPong = false;
      this.#dueMs = performance.now() + this.#options.pingIntervalMs;
    } else if (packet.type === "connect") this.#connect(packet.auth);
    else if (packet.type === "leave") this.#ws.close(1000);
  }

  #connect(auth: unknown): void {
    const door = this.#door;
    if (this.#state !== "open" || !door) return;
    this.#state = "joining";
    this.#door = null;
    this.#handlers.admit({ ...door, auth }).then(
      (admission) => this.#answer(admission),
      () => this.#ws.close(1011),
    );
  }

  #answer(admission: T | RefusedJoin): void {
    const isGone = this.#state !== "joining" || this.#ws.readyState !== WebSocket.OPEN;
    if (admission instanceof RefusedJoin) {
      if (isGone) return;
      this.#state = "open";
      this.#send(refusedPacket(admission.message, admission.data));
      // The client closes when it has read it; who does not is closed with those that never joined.
      this.#dueMs = performance.now() + this.#options.joinWithinMs;
      return;
    }
    if (isGone) return this.#handlers.abandoned(admission);
    this.#state = "joined";
    this.#dueMs = performance.now() + this.#options.pingIntervalMs;
    this.#send(connectedPacket(this.#sid));
    this.#handlers.joined(this, admission);
  }

  #closed(): void {
    const wasJoined = this.#state === "joined";
    this.#state = "closed";
    this.#door = null;
    this.#gone();
    if (wasJoined) this.#closeHandler();
  }
}

const REASONS = { 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable" } as const;

/** Ends a request that does not become a socket. A browser sees nothing of it but that it failed. */
function end(stream: Duplex, status: keyof typeof REASONS): void {
  stream.on("error", () => {});
  stream.end(`HTTP/1.1 ${status} ${REASONS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
