import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { MemoryCdn, MemoryNetwork, ScriptedViewer, TestStream, VirtualClock } from "@shoal/core/testing";
import type { PeerId } from "@shoal/protocol";
import { startTracker, type Tracker } from "@shoal/tracker";
import { afterEach, expect, it } from "vitest";
import { socketIoTracker } from "../../packages/core/src/mesh/socket-io-tracker.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Options = Parameters<typeof startTracker>[0];

async function tracker(options: Options): Promise<Tracker> {
  const running = await startTracker(
    { host: "127.0.0.1", port: 0, open: true, pod: "pod", ...options },
    { writeLog: () => {} },
  );
  cleanups.push(() => running.close());
  return running;
}

/** An old load balancer: what it does not know, such as `GET /v1/assign`, is 404. */
async function withoutAssign(url: string) {
  const answers: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (head) => {
      if (head.includes("/v1/assign")) return void socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
      const out = connect(Number(new URL(url).port), "127.0.0.1", () => out.write(head));
      out.on("error", () => socket.destroy());
      out.once("data", (answer) => answers.push(answer.toString("latin1").slice(0, 12)));
      socket.pipe(out).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers };
}

/** Viewers whose player, CDN and waits are in virtual time, and whose tracker is real. */
function audience() {
  const clock = new VirtualClock();
  const stream = new TestStream(clock, { segmentBytes: 300_000 });
  const cdn = new MemoryCdn(clock, (url) => stream.bytesOf(url));
  const network = new MemoryNetwork(clock);
  return {
    join: (url: string, n: number): ScriptedViewer => {
      const peerId = n.toString(16).padStart(32, "0") as PeerId;
      const viewer = new ScriptedViewer(
        {
          clock,
          stream,
          cdn,
          transport: network.transport(peerId),
          tracker: socketIoTracker(clock, () => 0.5, 30_000),
        },
        peerId,
        { tracker: url },
      ).start();
      cleanups.push(() => viewer.stop());
      return viewer;
    },
    /** Lets time pass until something has happened at the tracker. */
    until: async (happened: () => boolean): Promise<void> => {
      await expect
        .poll(
          async () => {
            await clock.pass(200);
            return happened();
          },
          { timeout: 15_000, interval: 1 },
        )
        .toBe(true);
    },
    play: (ms: number) => clock.pass(ms),
  };
}

/** Plays on from the CDN as if there were no tracker. */
async function playsOn(viewer: ScriptedViewer, play: (ms: number) => Promise<void>): Promise<void> {
  const before = { ...viewer.session.stats() };
  const played = viewer.played.length;
  await play(20_000);
  expect(viewer.stallMs).toBe(0);
  expect(viewer.failures).toEqual([]);
  expect(viewer.wrongSegments).toEqual([]);
  expect(viewer.played.length).toBeGreaterThanOrEqual(played + 4);
  const { cdnBytes, peerBytes } = viewer.session.stats();
  expect(cdnBytes - before.cdnBytes).toBeGreaterThanOrEqual(4 * 300_000);
  expect(peerBytes).toBe(0);
}

for (const socketServer of ["socket.io", "ws"] as const) {
  it(`a viewer that is told to ask again plays on from the CDN, and comes in once there is room (${socketServer})`, async () => {
    const { url } = await tracker({ maxSockets: 1, socketServer });
    const { join, until, play } = audience();
    const first = join(url, 1);
    await until(() => first.session.stats().session === "pod-0");
    const second = join(url, 2);
    await until(() => second.session.stats().offReason === "tracker-refused");
    await playsOn(second, play);
    expect(second.session.stats().session).toBeNull();
    first.stop();
    await until(() => second.session.stats().session === "pod-1");
    expect(second.stallMs).toBe(0);
  });

  it(`a viewer whose upgrade is refused plays on from the CDN (${socketServer})`, async () => {
    const { url } = await tracker({ requireAssign: true, socketServer });
    const { join, until, play } = audience();
    const balancer = await withoutAssign(url);
    const viewer = join(balancer.url, 1);
    await until(() => balancer.answers.length > 0);
    await playsOn(viewer, play);
    // It asks again, as seldom as one that was told for how long.
    await until(() => balancer.answers.length > 1);
    expect(balancer.answers).toEqual(["HTTP/1.1 403", "HTTP/1.1 403"]);
    expect(viewer.session.stats()).toMatchObject({ offReason: "tracker-away", session: null });
  });
}
