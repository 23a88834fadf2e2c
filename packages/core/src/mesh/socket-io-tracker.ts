import {
  decodeSeal,
  type Join,
  type Read,
  type Refusal,
  type Result,
  readCandidates,
  readConfig,
  readIncomingSignal,
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

/** A browser sees neither status nor header of a refused upgrade: every failure means "not now". */
const MOST_DOUBLINGS = 2;

/**
 * The tracker over socket.io, WebSocket only. A lost connection disturbs neither playback nor open peer connections, so
 * it is never urgent: each attempt waits a random time below `reconnectMs`, doubled at most to 4 times that.
 */
export function socketIoTracker(clock: Clock, random: () => number, reconnectMs: number): TrackerConnector {
  return (url, join, handlers) => {
    const link = new SocketIoLink(
      url,
      join,
      handlers,
      (failures) => {
        return random() * reconnectMs * 2 ** Math.min(failures, MOST_DOUBLINGS);
      },
      clock,
    );
    link.open();
    return link;
  };
}

function queryOf(url: string, shardKey: string): Record<string, string> {
  const query: Record<string, string> = { sk: shardKey };
  new URL(url).searchParams.forEach((value, name) => {
    if (name !== "sk") query[name] = value;
  });
  return query;
}

class SocketIoLink implements TrackerLink {
  readonly #socket: Socket;
  readonly #waitMs: (failures: number) => number;
  readonly #clock: Clock;
  readonly #handlers: TrackerHandlers;
  #failures = 0;
  #cancelRetry: () => void = () => {};
  #closed = false;

  constructor(
    url: string,
    join: () => Join,
    handlers: TrackerHandlers,
    waitMs: (failures: number) => number,
    clock: Clock,
  ) {
    this.#waitMs = waitMs;
    this.#clock = clock;
    this.#handlers = handlers;
    const { contentId } = join();
    this.#socket = io(url, {
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
      autoConnect: false,
      // Given a query, socket.io-client forgets the URL's own.
      query: queryOf(url, contentId),
      auth: (done) => done(join() as unknown as Record<string, unknown>),
    });
    this.#listen();
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  open(): void {
    this.#socket.connect();
  }

  signal(signal: Parameters<TrackerLink["signal"]>[0]): void {
    this.#send(TRACKER_EVENTS.signal, signal);
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
    this.#cancelRetry();
    this.#socket.close();
  }

  #send(event: string, message: object): void {
    if (this.#socket.connected) this.#socket.emit(event, message);
  }

  #listen(): void {
    const handlers = this.#handlers;
    this.#on(TRACKER_EVENTS.welcome, readWelcome, (welcome) => {
      this.#failures = 0;
      handlers.welcome(welcome);
    });
    this.#on(TRACKER_EVENTS.candidates, readCandidates, ({ candidates }) => handlers.candidates(candidates));
    this.#on(TRACKER_EVENTS.signal, readIncomingSignal, (signal) => handlers.signal(signal));
    this.#on(TRACKER_EVENTS.sealing, readSealing, ({ state }) => handlers.sealing(state));
    this.#on(TRACKER_EVENTS.config, readConfig, (config) => handlers.config(config));
    this.#on(TRACKER_EVENTS.roster, readRoster, (update) => handlers.roster(update));
    this.#on(TRACKER_EVENTS.sealKeys, readSealKeys, ({ sealKeys }) => handlers.sealKeys(sealKeys));
    this.#on(TRACKER_EVENTS.seal, readSealPush, ({ seal }) => this.#seal(seal));
    this.#socket.on("disconnect", () => this.#away(null));
    this.#socket.on("connect_error", (error: Error & { data?: unknown }) => {
      const refusal = readRefusal(error.data);
      this.#away(refusal.ok ? refusal.value.message : null);
    });
  }

  #on<T>(event: string, read: (value: unknown) => Result<Read<T>, ShapeError>, handle: (message: T) => void): void {
    this.#socket.on(event, (value: unknown) => {
      const message = read(value);
      if (!message.ok) return this.#handlers.skipped();
      if (message.value.unknownFields > 0) this.#handlers.skipped();
      handle(message.value.message);
    });
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

  #away(refusal: Refusal | null): void {
    if (this.#closed) return;
    this.#socket.disconnect();
    this.#cancelRetry();
    const waitMs = Math.max(refusal?.retryAfterMs ?? 0, this.#waitMs(this.#failures++));
    this.#cancelRetry = this.#clock.after(waitMs, () => this.open());
    this.#handlers.away(refusal);
  }
}
