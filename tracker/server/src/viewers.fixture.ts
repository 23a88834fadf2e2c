import {
  type Join,
  type PeerId,
  type Refusal,
  readRefusal,
  readWelcome,
  TRACKER_EVENTS,
  TRACKER_VERSION,
  type TrackId,
  type Welcome,
} from "@shoal/protocol";
import { io, type Socket } from "socket.io-client";

/** A viewer's socket as a test holds it: what it was sent, in order. */
export interface TestViewer {
  readonly peerId: PeerId;
  readonly socket: Socket;
  readonly welcome: Welcome;
  /** Payloads of an event so far. */
  got(event: string): readonly unknown[];
  /** Drops what came so far. */
  forget(): void;
  /** Resolves with the next payload of an event that passes `test`, counting those that already came. */
  until(event: string, test?: (payload: never) => boolean): Promise<unknown>;
}

export const peerId = (n: number): PeerId => n.toString(16).padStart(32, "0") as PeerId;
export const trackId = (n: number): TrackId => n.toString(16).padStart(16, "0") as TrackId;

export const joinOf = (n: number, more: Partial<Join> = {}): Join => ({
  version: TRACKER_VERSION,
  peerId: peerId(n),
  contentId: "live/master",
  token: null,
  manifest: "/live/master.m3u8",
  tracks: [trackId(1)],
  device: "desktop",
  sharing: "full",
  freeSlots: 20,
  nat: "unknown",
  playheadMs: null,
  sdk: "test",
  ...more,
});

/** Connects viewers, and closes them all. */
export class TestViewers {
  readonly #sockets: Socket[] = [];

  async join(url: string, join: object, isp?: string): Promise<TestViewer> {
    const socket = this.#open(url, join, isp);
    const received: [event: string, payload: unknown][] = [];
    const waiting = new Set<() => void>();
    socket.onAny((event: string, payload: unknown) => {
      received.push([event, payload]);
      for (const look of [...waiting]) look();
    });
    const got = (event: string) => received.filter(([name]) => name === event).map(([, payload]) => payload);
    const until = (event: string, test: (payload: never) => boolean = () => true) =>
      new Promise<unknown>((resolve) => {
        const look = () => {
          const found = got(event).find((payload) => test(payload as never));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    const refused = new Promise<never>((_, reject) => socket.once("connect_error", reject));
    const welcome = readWelcome(await Promise.race([until(TRACKER_EVENTS.welcome), refused]));
    if (!welcome.ok) throw new Error(welcome.reason);
    return {
      peerId: (join as Join).peerId,
      socket,
      welcome: welcome.value.message,
      got,
      until,
      forget: () => void received.splice(0),
    };
  }

  async refusal(url: string, join: object): Promise<Refusal> {
    const socket = this.#open(url, join);
    const data = await new Promise<unknown>((resolve, reject) => {
      socket.once("connect_error", (error: Error & { data?: unknown }) => resolve(error.data));
      socket.once("connect", () => reject(new Error("The join was taken.")));
    });
    const read = readRefusal(data);
    if (!read.ok) throw new Error(read.reason);
    return read.value.message;
  }

  close(): void {
    for (const socket of this.#sockets) socket.disconnect();
  }

  #open(url: string, auth: object, isp?: string): Socket {
    const query = isp === undefined ? {} : { isp };
    const socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false, auth, query });
    this.#sockets.push(socket);
    return socket;
  }
}
