import {
  decodeSeal,
  type Join,
  type Read,
  type Refusal,
  type Result,
  readCandidates,
  readConfig,
  readIncomingSignal,
  readMove,
  readRefusal,
  readRoster,
  readSealing,
  readSealKeys,
  readSealPush,
  readWelcome,
  type ShapeError,
  TRACKER_EVENTS,
} from "@shoal/protocol";
import { io, type Socket } from "socket.io-client";
import type { Clock } from "../clock.ts";
import { fromBase64Url } from "./integrity.ts";
import type { TrackerConnector, TrackerHandlers, TrackerLink } from "./tracker-link.ts";

/** Signals that come up within this time travel together, so many at most: a newcomer calls several at once. */
const SIGNALS_MS = 10;
const MOST_SIGNALS = 8;

/** A browser sees neither status nor header of a refused upgrade: every failure means "not now". */
const MOST_DOUBLINGS = 2;

/**
 * The tracker over socket.io, WebSocket only. A lost connection disturbs neither playback nor open peer connections, so
 * it is never urgent: each attempt waits a random time below `reconnectMs`, doubled at most to 4 times that.
 */
export function socketIoTracker(clock: Clock, random: () => number, reconnectMs: number): TrackerConnector {
  return (url, join, handlers) => {
    const link = new SocketIoLink(url, join, handlers, reconnectMs, random, clock);
    link.open();
    return link;
  };
}

/** What `GET /v1/assign` answers; a tracker that does not know it leaves everything out. */
interface Place {
  readonly url?: string | null;
  readonly sk?: string;
  readonly token?: string;
  readonly delayMs?: number;
  readonly retryAfterMs?: number;
}

class SocketIoLink implements TrackerLink {
  readonly #url: string;
  readonly #join: () => Join;
  readonly #reconnectMs: number;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #handlers: TrackerHandlers;
  readonly #signals: object[] = [];
  #socket: Socket | null = null;
  #failures = 0;
  #cancelDial: () => void = () => {};
  #closed = false;

  constructor(
    url: string,
    join: () => Join,
    handlers: TrackerHandlers,
    reconnectMs: number,
    random: () => number,
    clock: Clock,
  ) {
    this.#url = url;
    this.#join = join;
    this.#reconnectMs = reconnectMs;
    this.#random = random;
    this.#clock = clock;
    this.#handlers = handlers;
  }

  get connected(): boolean {
    return this.#socket?.connected === true;
  }

  open(): void {
    const { contentId, peerId } = this.#join();
    const target = new URL(this.#url);
    // Given a query, socket.io-client forgets the URL's own.
    const query: Record<string, string> = {};
    target.searchParams.forEach((value, name) => {
      query[name] = value;
    });
    const asked = new URLSearchParams({ ...query, content: contentId, peer: peerId });
    fetch(`${target.origin.replace(/^ws/, "http")}/v1/assign?${asked}`)
      .then((answer) => answer.json() as Promise<Place | null>)
      .catch(() => null)
      .then((place) => {
        if (this.#closed) return;
        const { url, sk, token, delayMs, retryAfterMs } = place ?? {};
        if (retryAfterMs) return this.#failed(null, { code: "too-busy", message: "", retryAfterMs });
        this.#later(delayMs ?? 0, () =>
          this.#connect(url ?? this.#url, { ...query, sk: sk ?? contentId, ...(token && { at: token }) }),
        );
      });
  }

  signal(signal: Parameters<TrackerLink["signal"]>[0]): void {
    if (this.#signals.push(signal) === 1) this.#clock.after(SIGNALS_MS, () => this.#sendSignals());
  }

  status(update: Parameters<TrackerLink["status"]>[0]): void {
    this.#send(TRACKER_EVENTS.status, update);
  }

  news(news: Parameters<TrackerLink["news"]>[0]): void {
    this.#send(TRACKER_EVENTS.news, news);
  }

  wantCandidates(count: number): void {
    this.#send(TRACKER_EVENTS.wantCandidates, { count });
  }

  report(report: Parameters<TrackerLink["report"]>[0]): void {
    this.#send(TRACKER_EVENTS.report, report);
  }

  close(): void {
    this.#closed = true;
    this.#cancelDial();
    this.#socket?.close();
  }

  #send(event: string, ...messages: object[]): void {
    this.#socket?.connected && this.#socket.emit(event, ...messages);
  }

  #sendSignals(): void {
    while (this.#signals.length > 0) this.#send(TRACKER_EVENTS.signal, ...this.#signals.splice(0, MOST_SIGNALS));
  }

  #later(delayMs: number, act: () => void): void {
    this.#cancelDial();
    this.#cancelDial = this.#clock.after(delayMs, act);
  }

  /** Connects anew. While we move, the old connection stays until the new one is welcome. */
  #connect(url: string, query: Record<string, string>): void {
    const socket = io(url, {
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
      // The browser's build has no other way: see cuts/socket-io.ts.
      autoConnect: false,
      query,
      auth: (done) => done(this.#join() as unknown as Record<string, unknown>),
    });
    const handlers = this.#handlers;
    const on = <T>(
      event: string,
      read: (value: unknown) => Result<Read<T>, ShapeError>,
      handle: (message: T) => void,
    ) =>
      socket.on(event, (value: unknown) => {
        const message = read(value);
        if (!message.ok || message.value.unknownFields > 0) handlers.skipped();
        if (message.ok) handle(message.value.message);
      });
    let isNew = true;
    on(TRACKER_EVENTS.welcome, readWelcome, (welcome) => {
      isNew = false;
      const before = this.#socket;
      this.#socket = socket;
      this.#failures = 0;
      before?.close();
      if (this.#closed) return void socket.close();
      handlers.welcome(welcome);
    });
    on(TRACKER_EVENTS.candidates, readCandidates, ({ candidates }) => handlers.candidates(candidates));
    on(TRACKER_EVENTS.signal, readIncomingSignal, (signal) => handlers.signal(signal));
    on(TRACKER_EVENTS.sealing, readSealing, ({ state }) => handlers.sealing(state));
    on(TRACKER_EVENTS.config, readConfig, (config) => handlers.config(config));
    on(TRACKER_EVENTS.roster, readRoster, (update) => handlers.roster(update));
    on(TRACKER_EVENTS.sealKeys, readSealKeys, ({ sealKeys }) => handlers.sealKeys(sealKeys));
    on(TRACKER_EVENTS.seal, readSealPush, ({ seal }) => this.#seal(seal));
    on(TRACKER_EVENTS.move, readMove, ({ withinMs }) => this.#later(this.#random() * withinMs, () => this.open()));
    const gone = (refusal: Refusal | null): void => {
      // Who was welcome and is not the current one was left by us.
      if (!isNew && this.#socket !== socket) return;
      socket.off().close();
      this.#failed(socket, refusal);
    };
    socket.on("disconnect", () => gone(null));
    socket.on("connect_error", (error: Error & { data?: unknown }) => {
      const refusal = readRefusal(error.data);
      gone(refusal.ok ? refusal.value.message : null);
    });
    socket.connect();
  }

  #seal(text: string): void {
    try {
      const seal = decodeSeal(fromBase64Url(text));
      if (seal.ok) return this.#handlers.seal(seal.value);
    } catch {
      // Not base64url: counted below like any other malformed message.
    }
    this.#handlers.skipped();
  }

  /** A connection went or did not come about. @param socket null where it was not even tried */
  #failed(socket: Socket | null, refusal: Refusal | null): void {
    if (this.#closed) return;
    const waitMs = this.#random() * this.#reconnectMs * 2 ** Math.min(this.#failures++, MOST_DOUBLINGS);
    this.#later(Math.max(refusal?.retryAfterMs ?? 0, waitMs), () => this.open());
    if (this.#socket && this.#socket !== socket) return;
    this.#socket = null;
    this.#handlers.away(refusal);
  }
}
