import { randomBytes } from "node:crypto";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { refuseRequest } from "./refuse-request.ts";
import { textFrame } from "./text-frame.ts";
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
/**
 * What is said to one viewer within this time goes out in one write, milliseconds. Writes are most of what a join costs;
 * a connection between viewers takes a hundred times as long.
 */
const FLUSH_MS = 10;
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
  readonly #outbox = new Outbox();
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
    if (!url.startsWith(SOCKET_PATH) && !url.startsWith(`${SOCKET_PATH.slice(0, -1)}?`))
      return refuseRequest(stream, 404);
    const query = Object.fromEntries(new URLSearchParams(url.slice(url.indexOf("?") + 1)));
    if (query.transport !== "websocket" || query.EIO !== "4") return refuseRequest(stream, 400);
    const refusal = this.#handlers.refuseUpgrade(request);
    if (refusal !== null) return refuseRequest(stream, refusal);
    // The switch of protocols and the first packet go out in one write.
    stream.cork();
    const door = { remoteAddress: request.socket.remoteAddress ?? "", headers: request.headers, query };
    this.#ws.handleUpgrade(request, stream, head, (ws) => this.#open(ws, stream, door));
    stream.uncork();
  }

  /** In a scope of its own: a socket must not hold the request that it came from. */
  #open(ws: WebSocket, stream: Duplex, door: Door): void {
    const { pingIntervalMs, pingTimeoutMs, maxMessageBytes } = this.#options;
    const sid = `${this.#session}${(this.#count++).toString(36)}`;
    const line = { ws, stream, outbox: this.#outbox, sid, sockets: this.#sockets };
    const socket = new WireSocket(line, door, this.#handlers, this.#options);
    this.#sockets.add(socket);
    socket.send(openPacket(sid, pingIntervalMs, pingTimeoutMs, maxMessageBytes));
    socket.flush();
  }

  broadcast(event: string, payload: object): void {
    const packet = eventPacket(event, payload);
    for (const socket of this.#sockets) socket.say(packet);
  }

  async close(code: number = 1001): Promise<void> {
    clearInterval(this.#sweeping);
    this.#outbox.flush();
    const closed = [...this.#sockets].map((socket) => socket.closeAndWait(code));
    await Promise.all(closed);
    this.#ws.close();
  }

  #sweep(nowMs: number): void {
    for (const socket of this.#sockets) socket.tend(nowMs);
  }
}

/** Something that holds back what it was told to send. */
interface Held {
  flush(): void;
}

/** Flushes all that hold something back, a moment after the first began to. */
class Outbox {
  #held: Held[] = [];

  hold(socket: Held): void {
    if (this.#held.push(socket) === 1) setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    const held = this.#held;
    this.#held = [];
    for (const socket of held) socket.flush();
  }
}

interface Door {
  readonly remoteAddress: string;
  readonly headers: IncomingMessage["headers"];
  readonly query: Readonly<Record<string, string>>;
}

/** What a socket stands on. */
interface Line {
  readonly ws: WebSocket;
  readonly stream: Duplex;
  readonly outbox: Outbox;
  readonly sid: string;
  readonly sockets: Set<unknown>;
}

class WireSocket<T> implements ViewerSocket {
  readonly #line: Line;
  readonly #handlers: ViewerHandlers<T>;
  readonly #options: ViewerServerOptions;
  /** What the connection came with; forgotten once the join was read, the address with it. */
  #door: Door | null;
  #state: "open" | "joining" | "joined" | "closed" = "open";
  #events: Map<string, (payload: unknown) => void> | null = null;
  #closeHandler: () => void = () => {};
  #pending: Buffer[] = [];
  /** The next thing to do: a ping while `#awaitsPong` is false, else the end. */
  #dueMs: number;
  #awaitsPong = false;

  constructor(line: Line, door: Door, handlers: ViewerHandlers<T>, options: ViewerServerOptions) {
    const { ws } = line;
    this.#line = line;
    this.#door = door;
    this.#handlers = handlers;
    this.#options = options;
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
    if (this.#state === "joined") this.send(packet);
  }

  close(code: number = 1000): void {
    this.say(BYE);
    this.flush();
    this.#line.ws.close(code);
  }

  async closeAndWait(code: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#line.ws.once("close", () => resolve()));
    if (this.#line.ws.readyState === WebSocket.CLOSED) return;
    this.close(code);
    const ending = setTimeout(() => this.#line.ws.terminate(), CLOSE_WITHIN_MS);
    await closed;
    clearTimeout(ending);
  }

  /** Pings, and ends who does not answer or does not join. */
  tend(nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    if (this.#state !== "joined" || this.#awaitsPong) return this.#line.ws.terminate();
    this.#awaitsPong = true;
    this.#dueMs = nowMs + this.#options.pingTimeoutMs;
    this.send(PING);
  }

  /** Sends a packet with the next flush. */
  send(packet: string): void {
    if (this.#line.ws.readyState !== WebSocket.OPEN) return;
    if (this.#pending.push(textFrame(packet)) === 1) this.#line.outbox.hold(this);
  }

  flush(): void {
    const [first, ...more] = this.#pending;
    if (!first) return;
    this.#pending = [];
    if (this.#line.ws.readyState === WebSocket.OPEN)
      this.#line.stream.write(more.length === 0 ? first : Buffer.concat([first, ...more]));
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (isBinary || this.#state === "closed") return;
    const packet = readClientPacket(data.toString("latin1", 0, 1) === "3" ? "3" : data.toString("utf8"));
    if (packet.type === "event") {
      if (this.#state !== "joined") return;
      const handle = this.#events?.get(packet.name);
      for (const payload of packet.payloads) handle?.(payload);
    } else if (packet.type === "pong") {
      if (!this.#awaitsPong) return;
      this.#awaitsPong = false;
      this.#dueMs = performance.now() + this.#options.pingIntervalMs;
    } else if (packet.type === "connect") this.#connect(packet.auth);
    else if (packet.type === "leave") this.#line.ws.close(1000);
  }

  #connect(auth: unknown): void {
    const door = this.#door;
    if (this.#state !== "open" || !door) return;
    this.#state = "joining";
    this.#door = null;
    this.#handlers.admit({ ...door, auth }).then(
      (admission) => this.#answer(admission),
      () => this.#line.ws.close(1011),
    );
  }

  #answer(admission: T | RefusedJoin): void {
    const isGone = this.#state !== "joining" || this.#line.ws.readyState !== WebSocket.OPEN;
    if (admission instanceof RefusedJoin) {
      if (isGone) return;
      this.#state = "open";
      this.send(refusedPacket(admission.message, admission.data));
      // The client closes when it has read it; who does not is closed with those that never joined.
      this.#dueMs = performance.now() + this.#options.joinWithinMs;
      return;
    }
    if (isGone) return this.#handlers.abandoned(admission);
    this.#state = "joined";
    this.#dueMs = performance.now() + this.#options.pingIntervalMs;
    this.send(connectedPacket(this.#line.sid));
    this.#handlers.joined(this, admission);
  }

  #closed(): void {
    const wasJoined = this.#state === "joined";
    this.#state = "closed";
    this.#door = null;
    this.#line.sockets.delete(this);
    if (wasJoined) this.#closeHandler();
  }
}
