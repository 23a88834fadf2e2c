import { TRACKER_EVENTS } from "@shoal/protocol";
import fc from "fast-check";
import { afterAll, expect, it, vi } from "vitest";
import type { SocketServer } from "./config.ts";
import { fuzzFrames, Misbehaving } from "./fuzz-sender.fixture.ts";
import { forkTracker, type TrackerProcess } from "./fuzz-tracker.fixture.ts";
import { joinOf, peerId, TestViewers } from "./viewers.fixture.ts";

/** `npm run test:tracker` sends a million. */
const MESSAGES = Number(process.env.SHOAL_FUZZ_MESSAGES ?? 20_000);
const BATCH = 500;
/** What a tracker may hold more after all of them than after the first quarter, bytes. */
const GROWTH_BYTES = 8 * 1024 * 1024;

vi.setConfig({ testTimeout: 60_000 + MESSAGES });
const OPTIONS = { host: "127.0.0.1", port: 0, open: true, messagesPerSecond: 10_000, messageBurst: 100_000 };
const viewers = new TestViewers();
const processes: TrackerProcess[] = [];

afterAll(async () => {
  viewers.close();
  await Promise.all(processes.map((tracker) => tracker.close()));
});

async function start(socketServer: SocketServer): Promise<TrackerProcess> {
  const tracker = await forkTracker({ ...OPTIONS, socketServer });
  processes.push(tracker);
  return tracker;
}

for (const socketServer of ["ws", "socket.io"] as const) {
  it(`${MESSAGES} malformed messages disturb nobody and leave nothing behind (${socketServer})`, async () => {
    const tracker = await start(socketServer);
    const first = await viewers.join(tracker.url, joinOf(1));
    const second = await viewers.join(tracker.url, joinOf(2));
    const frames = fuzzFrames(7);
    const bad = new Misbehaving(tracker.url, 3);
    let heapBytes = 0;
    const batches = Math.ceil(MESSAGES / BATCH);
    for (let batch = 0; batch < batches; batch++) {
      await bad.send(Array.from({ length: BATCH }, () => String(frames.next().value)));
      // Others go on meeting and signalling meanwhile.
      second.socket.emit(TRACKER_EVENTS.signal, { peerId: first.peerId, attempt: batch, data: "offer" });
      await first.until(TRACKER_EVENTS.signal, ({ attempt }: { attempt: number }) => attempt === batch);
      first.forget();
      if (batch === batches >> 2) heapBytes = await tracker.heapBytes();
    }
    bad.close();
    expect(bad.opened).toBeGreaterThan(1);
    expect(tracker.alive).toBe(true);
    expect([first.socket.connected, second.socket.connected]).toEqual([true, true]);
    expect((await tracker.heapBytes()) - heapBytes).toBeLessThan(GROWTH_BYTES);
  });
}

it("any auth payload is welcomed or refused with a code", async () => {
  const { url } = await start("ws");
  for (const auth of fc.sample(fc.object({ withBigInt: false }), { numRuns: 60, seed: 3 })) {
    expect(await viewers.refusal(url, auth)).toMatchObject({ code: "bad-join" });
  }
});

it("a message larger than the limit costs its sender the socket, and nobody else anything", async () => {
  const { url } = await start("ws");
  const viewer = await viewers.join(url, joinOf(5));
  const closed = new Promise((resolve) => viewer.socket.once("disconnect", resolve));
  viewer.socket.emit(TRACKER_EVENTS.signal, { peerId: peerId(1), attempt: 1, data: "x".repeat(100_000) });
  await closed;
  await viewers.join(url, joinOf(6));
});
