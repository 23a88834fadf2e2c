import { randomUUID } from "node:crypto";
import type { SealKey } from "@shoal/protocol";
import {
  type Follow,
  LINK_EVENTS,
  LINK_NAMESPACE,
  type LinkNews,
  type LinkSeal,
  type LinkState,
  readLinkKeys,
  readLinkSeal,
  readLinkState,
} from "@shoal/sealer";
import { io, type Socket } from "socket.io-client";

/** What the tracker does with what the sealer says. */
export interface SealerEvents {
  keys(keys: readonly SealKey[]): void;
  seal(message: LinkSeal): void;
  state(message: LinkState): void;
  /** The link came up: everything followed must be said again. */
  connected(): void;
  disconnected(reason: string): void;
}

/** The tracker's end of the link to the sealer. Reconnects for ever, at most 2 s apart. */
export class SealerLink {
  readonly #socket: Socket;

  constructor(url: string, secret: string, events: SealerEvents) {
    this.#socket = io(new URL(LINK_NAMESPACE, url).href, {
      transports: ["websocket"],
      auth: { secret, tracker: randomUUID() },
      forceNew: true,
      reconnectionDelay: 200,
      reconnectionDelayMax: 2_000,
    });
    let refused = "";
    this.#socket.on("connect", () => {
      refused = "";
      events.connected();
    });
    this.#socket.on("disconnect", (reason) => {
      // We closed it: the tracker ends, and its viewers must not be told that the sealer is gone.
      if (reason === "io client disconnect") return;
      events.disconnected(reason);
      // The sealer closed this socket itself (a restart): socket.io would leave it closed.
      if (reason === "io server disconnect") this.#socket.connect();
    });
    this.#socket.on("connect_error", (error) => {
      if (error.message !== refused) events.disconnected(error.message);
      refused = error.message;
      // A refusal by the sealer (another secret) is not retried by socket.io.
      if (!this.#socket.active) this.#retry = setTimeout(() => this.#socket.connect(), 2_000);
    });
    this.#on(LINK_EVENTS.keys, readLinkKeys, (message) => events.keys(message.keys));
    this.#on(LINK_EVENTS.seal, readLinkSeal, (message) => events.seal(message));
    this.#on(LINK_EVENTS.state, readLinkState, (message) => events.state(message));
  }

  #retry: ReturnType<typeof setTimeout> | undefined;

  get isConnected(): boolean {
    return this.#socket.connected;
  }

  follow(follow: Follow): void {
    if (this.#socket.connected) this.#socket.emit(LINK_EVENTS.follow, follow);
  }

  news(news: LinkNews): void {
    if (this.#socket.connected) this.#socket.volatile.emit(LINK_EVENTS.news, news);
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#socket.disconnect();
  }

  #on<T>(event: string, read: (value: unknown) => T | null, act: (message: T) => void): void {
    this.#socket.on(event, (value: unknown) => {
      const message = read(value);
      if (message !== null) act(message);
    });
  }
}
