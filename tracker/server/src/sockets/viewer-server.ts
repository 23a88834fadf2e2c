import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Refusal } from "@shoal/protocol";

/** One viewer's connection, joined. */
export interface ViewerSocket {
  /** Handles an event of the viewer's, once for each of its payloads; one handler an event. */
  on(event: string, handle: (payload: unknown) => void): void;
  /** Called once, when the connection is gone. */
  onClose(handle: () => void): void;
  emit(event: string, payload: object): void;
  /** Ends the connection. @param code of the WebSocket, such as 1012 for a restart */
  close(code?: number): void;
}

/** Who wants to join. */
export interface Arrival {
  readonly remoteAddress: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: Readonly<Record<string, string>>;
  /** The `auth` payload of CONNECT. */
  readonly auth: unknown;
}

/** What the tracker decides about connections. `T` is what it knows of an admitted viewer. */
export interface ViewerHandlers<T> {
  /** Looks at a request before it becomes a socket. @returns null to go on, else the status that ends it */
  refuseUpgrade(request: IncomingMessage): 403 | 503 | null;
  admit(arrival: Arrival): Promise<T | RefusedJoin>;
  /** Admitted, but gone before it could be told so. */
  abandoned(admission: T): void;
  joined(socket: ViewerSocket, admission: T): void;
}

/** Takes viewers' connections on an HTTP server. */
export interface ViewerServer {
  /** Open connections, joined or not. */
  readonly size: number;
  /** Says something to everybody who joined. */
  broadcast(event: string, payload: object): void;
  /** Closes all connections with a WebSocket code. */
  close(code?: number): Promise<void>;
}

/** How connections are kept. Times in milliseconds. */
export interface ViewerServerOptions {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** A connection that has not joined after this long is closed. */
  readonly joinWithinMs: number;
  readonly maxMessageBytes: number;
}

export const VIEWER_SERVER_DEFAULTS: ViewerServerOptions = {
  pingIntervalMs: 60_000,
  pingTimeoutMs: 20_000,
  joinWithinMs: 10_000,
  maxMessageBytes: 65_536,
};

/** Payloads of one event that are read: without a bound a message could hold twenty thousand. */
export const MOST_PAYLOADS = 16;

/** Where socket.io's clients connect. */
export const SOCKET_PATH = "/socket.io/";

/** A refusal as socket.io carries it in `connect_error`. */
export class RefusedJoin extends Error {
  readonly data: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.data = refusal;
  }
}
