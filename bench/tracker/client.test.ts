import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Join, PeerId, Refusal, TrackId, Welcome } from "@shoal/protocol";
import { startTracker, type Tracker } from "@shoal/tracker";
import { afterEach, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { socketIoTracker } from "../../packages/core/src/mesh/socket-io-tracker.ts";
import type { TrackerHandlers, TrackerLink } from "../../packages/core/src/mesh/tracker-link.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const eventually = <T>(get: () => T) => expect.poll(get, { timeout: 30_000 });

async function pod(name: string, more: Parameters<typeof startTracker>[0] = {}): Promise<Tracker> {
  const tracker = await startTracker(
    { host: "127.0.0.1", port: 0, open: true, pod: name, ...more },
    { writeLog: () => {} },
  );
  cleanups.push(() => tracker.close());
  return tracker;
}

/** A load balancer with one pod behind it, which can be changed: open connections stay where they are. */
async function front(first: string) {
  let target = first;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const out = connect(Number(new URL(target).port), "127.0.0.1");
    for (const [from, to] of [
      [socket, out],
      [out, socket],
    ] as const) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    turnTo: (url: string) => {
      target = url;
    },
  };
}

function viewer(url: string, n: number, random = 0.01) {
  const welcomes: Welcome[] = [];
  const aways: (Refusal | null)[] = [];
  const waits: number[] = [];
  const clock = {
    now: () => performance.now(),
    wallMs: () => Date.now(),
    after: (delayMs: number, call: () => void) => {
      waits.push(delayMs);
      const timer = setTimeout(call, delayMs);
      return () => clearTimeout(timer);
    },
  };
  const join = (): Join => ({
    version: 1,
    peerId: n.toString(16).padStart(32, "0") as PeerId,
    contentId: "live/a",
    token: null,
    manifest: null,
    tracks: ["0000000000000001" as TrackId],
    device: "desktop",
    sharing: "full",
    freeSlots: 10,
    nat: "unknown",
    playheadMs: null,
    sdk: "test",
  });
  const handlers = {
    welcome: (welcome: Welcome) => void welcomes.push(welcome),
    away: (refusal: Refusal | null) => void aways.push(refusal),
  };
  const quiet = new Proxy(handlers, { get: (target, name) => Reflect.get(target, name) ?? (() => {}) });
  const connector = socketIoTracker(clock as Parameters<typeof socketIoTracker>[0], () => random, 30_000);
  const link: TrackerLink = connector(url, join, quiet as unknown as TrackerHandlers);
  cleanups.push(() => link.close());
  return { link, welcomes, aways, waits };
}

it("a viewer asked to move is welcome elsewhere before it leaves, and is never without a tracker", async () => {
  const old = await pod("old", { drainDelayMs: 0, drainWindowMs: 5_000 });
  const next = await pod("next");
  const lb = await front(old.url);
  const { link, welcomes, aways } = viewer(lb.url, 1);
  await eventually(() => welcomes.length).toBe(1);
  expect(welcomes[0]?.session).toMatch(/^old-/);
  lb.turnTo(next.url);
  await old.drain();
  expect(welcomes.map(({ session }) => session?.split("-")[0])).toEqual(["old", "next"]);
  expect(aways).toEqual([]);
  expect(link.connected).toBe(true);
});

it("a viewer that cannot move yet keeps the connection it has", async () => {
  const old = await pod("old", { drainDelayMs: 0, drainWindowMs: 600 });
  const lb = await front(old.url);
  const { link, welcomes, aways } = viewer(lb.url, 1);
  await eventually(() => welcomes.length).toBe(1);
  const drained = old.drain();
  // The pod that drains lets nobody in: the first try to move fails.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(link.connected).toBe(true);
  expect(aways).toEqual([]);
  await drained;
  await eventually(() => aways.length).toBe(1);
});

it("a viewer that is turned away is told for how long, and asks no sooner", async () => {
  const full = await pod("full", { maxSockets: 1 });
  const first = viewer(full.url, 1);
  await eventually(() => first.welcomes.length).toBe(1);
  const second = viewer(full.url, 2);
  await eventually(() => second.aways.length).toBe(1);
  expect(second.aways[0]).toMatchObject({ code: "too-busy" });
  expect(second.waits.at(-1)).toBeGreaterThanOrEqual(30_000);
  expect(second.link.connected).toBe(false);
});

it("a tracker that knows nothing of assign is joined under the content id", async () => {
  const plain = await pod("plain");
  const sockets: string[] = [];
  const server = createServer((socket) => {
    socket.once("data", (head) => {
      const line = head.toString("latin1").split("\r\n")[0] ?? "";
      sockets.push(line);
      if (line.includes("/v1/assign")) return void socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
      const out = connect(Number(new URL(plain.url).port), "127.0.0.1", () => out.write(head));
      socket.on("error", () => out.destroy());
      out.on("error", () => socket.destroy());
      socket.pipe(out).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  const { welcomes } = viewer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 1);
  await eventually(() => welcomes.length).toBe(1);
  expect(sockets.at(-1)).toContain("sk=live%2Fa");
});

it("signals that come up together travel in one event, eight at most", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  cleanups.push(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const events: unknown[][] = [];
  server.on("connection", (socket) => {
    socket.send('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":65536}');
    socket.on("message", (data) => {
      const text = String(data);
      if (text.startsWith("42")) return void events.push(JSON.parse(text.slice(2)));
      socket.send('40{"sid":"b"}');
      socket.send('42["welcome",{"version":1,"nowMs":1,"swarm":"/live/a","candidates":[]}]');
    });
  });
  const { link, welcomes } = viewer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 1);
  await eventually(() => welcomes.length).toBe(1);
  const signal = (attempt: number) => ({ peerId: "b".repeat(32) as PeerId, attempt, data: "!" });
  for (let attempt = 0; attempt < 11; attempt++) link.signal(signal(attempt));
  await eventually(() => events.length).toBe(2);
  expect(events.map(([name, ...signals]) => [name, signals.length])).toEqual([
    ["signal", 8],
    ["signal", 3],
  ]);
  link.signal(signal(11));
  await eventually(() => events.length).toBe(3);
  expect(events.flatMap(([, ...signals]) => signals)).toEqual(Array.from({ length: 12 }, (_, n) => signal(n)));
});
