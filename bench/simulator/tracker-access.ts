import type { Clock } from "@shoal/core";
import type { Join, PeerId } from "@shoal/protocol";
import type { TrackerConnector, TrackerHandlers } from "../../packages/core/src/mesh/tracker-link.ts";
import type { FromTracker, Post, ToTracker } from "./post.ts";
import type { Random } from "./random.ts";

interface Client {
  readonly peerId: PeerId;
  readonly isp: string;
  readonly join: () => Join;
  readonly handlers: TrackerHandlers;
  /** It has said who it is, and the tracker has not failed since. */
  joined: boolean;
  /** The tracker has answered to that. */
  connected: boolean;
}

/** One way between a viewer and the tracker, milliseconds. */
export const WAY_MS = 25;
/** TLS, WebSocket and socket.io handshakes until the join is sent. */
const CONNECT_MS = 5 * WAY_MS;
/** Viewers come back to a lost tracker within this time, each at a random moment of it. */
const RECONNECT_MS = 30_000;

/** The tracker as the viewers of a shard reach it. */
export class TrackerAccess {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #post: Post;
  readonly #clients = new Map<PeerId, Client>();
  #up = true;

  constructor(clock: Clock, random: Random, post: Post) {
    this.#clock = clock;
    this.#random = random;
    this.#post = post;
  }

  /** How a viewer of an ISP connects. */
  connector(peerId: PeerId, isp: number): TrackerConnector {
    return (_url, join, handlers) => {
      const client: Client = { peerId, isp: `isp-${isp}`, join, handlers, joined: false, connected: false };
      this.#clients.set(peerId, client);
      this.#clock.after(CONNECT_MS, () => this.#enter(client));
      const say = (said: ToTracker): void => {
        if (client.connected) this.#send(peerId, said);
      };
      return {
        get connected() {
          return client.connected;
        },
        signal: (signal) => say({ kind: "signal", signal }),
        status: (status) => say({ kind: "status", status }),
        news: ({ segmentId }) => say({ kind: "news", segmentId }),
        wantCandidates: (count) => say({ kind: "want", count }),
        report: ({ uplinkBps }) => say({ kind: "report", uplinkBps }),
        close: () => {
          if (client.joined) this.#send(peerId, { kind: "leave" });
          this.#forget(client);
        },
      };
    };
  }

  /** The tracker said something. */
  receive(peerId: PeerId, said: FromTracker): void {
    const client = this.#clients.get(peerId);
    if (!client?.joined) return;
    const { handlers } = client;
    switch (said.kind) {
      case "welcome":
        client.connected = true;
        return handlers.welcome(said.welcome);
      case "candidates":
        return handlers.candidates(said.candidates);
      case "signal":
        return handlers.signal(said.signal);
      case "seal":
        return handlers.seal(said.seal);
      case "sealing":
        return handlers.sealing(said.sealing);
      case "roster":
        return handlers.roster(said.roster);
    }
  }

  /** A viewer's machine is gone. */
  vanish(peerId: PeerId): void {
    const client = this.#clients.get(peerId);
    if (client) this.#forget(client);
  }

  /** The tracker is away for a while. */
  fail(durationMs: number): void {
    this.#up = false;
    for (const client of this.#clients.values()) if (client.joined) this.#away(client);
    this.#clock.after(durationMs, () => {
      this.#up = true;
    });
  }

  #enter(client: Client): void {
    if (this.#clients.get(client.peerId) !== client) return;
    if (!this.#up) return this.#away(client);
    client.joined = true;
    this.#send(client.peerId, { kind: "join", isp: client.isp, join: client.join() });
  }

  #away(client: Client): void {
    client.joined = client.connected = false;
    client.handlers.away(null);
    this.#clock.after(this.#random.between(0, RECONNECT_MS), () => this.#enter(client));
  }

  #forget(client: Client): void {
    client.joined = client.connected = false;
    if (this.#clients.get(client.peerId) === client) this.#clients.delete(client.peerId);
  }

  #send(peerId: PeerId, said: ToTracker): void {
    this.#post.send({ to: "tracker", peerId, said }, WAY_MS);
  }
}
