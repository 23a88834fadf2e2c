import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { io, type Socket } from "socket.io-client";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { socketIoServer } from "./socket-io-server.ts";
import {
  type Arrival,
  MOST_PAYLOADS,
  RefusedJoin,
  VIEWER_SERVER_DEFAULTS,
  type ViewerHandlers,
  type ViewerServer,
  type ViewerServerOptions,
  type ViewerSocket,
} from "./viewer-server.ts";
import { wireServer } from "./wire-server.ts";

type Admitted = { readonly auth: unknown; readonly query: Arrival["query"] };

interface Running {
  readonly url: string;
  readonly server: ViewerServer;
  readonly joined: ViewerSocket[];
  readonly abandoned: Admitted[];
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Open = (http: Server, options: ViewerServerOptions, handlers: ViewerHandlers<Admitted>) => ViewerServer;

async function start(
  open: Open,
  more: Partial<ViewerHandlers<Admitted>> = {},
  options: Partial<ViewerServerOptions> = {},
): Promise<Running> {
  const http = createServer();
  const joined: ViewerSocket[] = [];
  const abandoned: Admitted[] = [];
  const server = open(
    http,
    { ...VIEWER_SERVER_DEFAULTS, ...options },
    {
      refuseUpgrade: () => null,
      admit: async ({ auth, query }) => ({ auth, query }),
      abandoned: (admission) => void abandoned.push(admission),
      joined: (socket, admission) => {
        joined.push(socket);
        socket.on("echo", (payload) => socket.emit("echo", payload as object));
        socket.emit("welcome", admission);
      },
      ...more,
    },
  );
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  cleanups.push(async () => {
    await server.close();
    http.close();
    http.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, server, joined, abandoned };
}

function client(url: string, auth: object = {}, query: Record<string, string> = {}): Socket {
  const socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false, auth, query });
  cleanups.push(() => socket.disconnect());
  return socket;
}

const next = (socket: Socket, event: string): Promise<unknown> => new Promise((resolve) => socket.once(event, resolve));

describe.each([
  ["the wire server", wireServer as Open],
  ["socket.io's server", socketIoServer as Open],
])("socket.io's own client and %s", (_, open) => {
  it("join with a payload and a query, and say things both ways", async () => {
    const { url } = await start(open);
    const socket = client(url, { text: "Grüße, 世界" }, { sk: "live/a b" });
    expect(await next(socket, "welcome")).toMatchObject({ auth: { text: "Grüße, 世界" }, query: { sk: "live/a b" } });
    const echo = next(socket, "echo");
    socket.emit("echo", { quotes: '"\\', many: "x".repeat(10_000) });
    expect(await echo).toEqual({ quotes: '"\\', many: "x".repeat(10_000) });
  });

  it("hold several messages in one event, and no more than are read", async () => {
    const { url } = await start(open);
    const socket = client(url);
    await next(socket, "welcome");
    const echoed: unknown[] = [];
    socket.on("echo", (payload: unknown) => echoed.push(payload));
    const sent = Array.from({ length: MOST_PAYLOADS + 4 }, (_, n) => ({ n }));
    socket.emit("echo", ...sent);
    await expect.poll(() => echoed.length).toBe(MOST_PAYLOADS);
    socket.emit("echo", { last: true });
    await expect.poll(() => echoed.at(-1)).toEqual({ last: true });
    expect(echoed).toEqual([...sent.slice(0, MOST_PAYLOADS), { last: true }]);
  });

  it("part with a reason that the client can read", async () => {
    const refusal = { code: "too-busy", message: "Later.", retryAfterMs: 5 } as const;
    const { url } = await start(open, { admit: async () => new RefusedJoin(refusal) });
    const error = (await next(client(url), "connect_error")) as Error & { readonly data: unknown };
    expect(error.data).toEqual(refusal);
    expect(error.message).toBe("Later.");
  });

  it("refuse before there is a socket", async () => {
    const { url, server } = await start(open, { refuseUpgrade: () => 503 });
    expect(await next(client(url), "connect_error")).toBeInstanceOf(Error);
    // A load balancer reads the status that a browser is not shown.
    const plain = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    const status = new Promise((resolve) =>
      plain.once("unexpected-response", (_, { statusCode }) => resolve(statusCode)),
    );
    plain.on("error", () => {});
    expect(await status).toBe(503);
    plain.terminate();
    expect(server.size).toBe(0);
  });

  it("tell everybody, and know when one is gone", async () => {
    const { url, server, joined } = await start(open);
    const sockets = [client(url), client(url)];
    await Promise.all(sockets.map((socket) => next(socket, "welcome")));
    const told = Promise.all(sockets.map((socket) => next(socket, "config")));
    server.broadcast("config", { sharing: "off" });
    expect(await told).toEqual([{ sharing: "off" }, { sharing: "off" }]);
    const gone = new Promise<void>((resolve) => joined[0]?.onClose(resolve));
    sockets[0]?.disconnect();
    sockets[1]?.disconnect();
    await gone;
    await expect.poll(() => server.size).toBe(0);
  });

  it("close from the server's side: the client knows that it was meant", async () => {
    const { url, joined } = await start(open);
    const socket = client(url);
    await next(socket, "welcome");
    const reason = next(socket, "disconnect");
    joined[0]?.close(1012);
    expect(await reason).toBe("io server disconnect");
  });

  it("keep a quiet connection, by pings", async () => {
    const { url } = await start(open, {}, { pingIntervalMs: 30, pingTimeoutMs: 2_000 });
    const socket = client(url);
    await next(socket, "welcome");
    const pings = new Promise<void>((resolve) => {
      let count = 0;
      socket.io.engine.on("ping", () => ++count === 2 && resolve());
    });
    await pings;
    expect(socket.connected).toBe(true);
  });

  it("give back what was taken for a viewer that left before it was admitted", async () => {
    let admit: () => void = () => {};
    const admitting = new Promise<void>((resolve) => {
      admit = resolve;
    });
    let asked: () => void = () => {};
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { url, server, abandoned, joined } = await start(open, {
      admit: async ({ auth, query }) => {
        asked();
        await admitting;
        return { auth, query };
      },
    });
    const socket = client(url);
    await wasAsked;
    socket.disconnect();
    await expect.poll(() => server.size).toBe(0);
    admit();
    await expect.poll(() => abandoned.length).toBe(1);
    expect(joined).toEqual([]);
  });
});

describe("the wire server", () => {
  it("ends a connection that does not join, and one that does not answer pings", async () => {
    const { url, server } = await start(
      wireServer as Open,
      {},
      { joinWithinMs: 10, pingIntervalMs: 10, pingTimeoutMs: 10 },
    );
    const closed = (socket: WebSocket): Promise<unknown> => new Promise((resolve) => socket.once("close", resolve));
    const target = `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
    const silent = new WebSocket(target);
    const joined = new WebSocket(target);
    joined.on("message", (data: Buffer) => data.toString().startsWith("0") && joined.send("40{}"));
    await Promise.all([closed(silent), closed(joined)]);
    await expect.poll(() => server.size).toBe(0);
  });

  it("survives what is no WebSocket and no packet", async () => {
    const { url, joined } = await start(wireServer as Open);
    const { port } = new URL(url);
    for (const request of [
      "GET /other HTTP/1.1",
      "GET /socket.io/?EIO=3 HTTP/1.1",
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
    ]) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), "127.0.0.1", () =>
          socket.write(`${request}\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n`),
        );
        let text = "";
        socket.on("data", (data) => {
          text += data.toString();
        });
        socket.on("close", () => resolve(text));
      });
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
    }
    const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    await new Promise((resolve) => socket.once("open", resolve));
    for (const noise of ["", "9", "4", "40{", "42", "42{}", '42["echo"]', '451-["x"]', "42[[]]", "3probe"])
      socket.send(noise);
    socket.send(Buffer.from([1, 2, 3]));
    socket.send("40");
    await expect.poll(() => joined.length).toBe(1);
    socket.terminate();
  });
});
