import { TRACKER_EVENTS } from "@shoal/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startTracker, type Tracker } from "./tracker.ts";
import { joinOf, peerId, TestViewers } from "./viewers.fixture.ts";

vi.setConfig({ testTimeout: 60_000 });
let tracker: Tracker;
const viewers = new TestViewers();

beforeAll(async () => {
  const options = { host: "127.0.0.1", port: 0, open: true, messagesPerSecond: 10_000, messageBurst: 100_000 };
  tracker = await startTracker(options, { writeLog: () => {} });
});

afterAll(async () => {
  viewers.close();
  await tracker.close();
});

/** Something like a message with one part wrong, or nothing like one. */
const payload = fc.oneof(
  fc.anything({ withBigInt: false, withTypedArray: true }),
  fc.record(
    {
      peerId: fc.oneof(fc.constant(peerId(1)), fc.string()),
      attempt: fc.oneof(fc.integer(), fc.double(), fc.string()),
      data: fc.oneof(fc.string(), fc.object()),
      tracks: fc.oneof(fc.array(fc.string()), fc.anything({ withBigInt: false })),
      count: fc.oneof(fc.integer(), fc.string()),
      freeSlots: fc.oneof(fc.integer(), fc.constant(null)),
      convicted: fc.array(fc.oneof(fc.constant(peerId(1)), fc.string())),
      cdnBytes: fc.double(),
      trackId: fc.string(),
      segmentId: fc.string(),
    },
    { requiredKeys: [] },
  ),
);

it("thousands of malformed messages on each event, and on events there are not, leave the tracker well", async () => {
  const events = [...Object.values(TRACKER_EVENTS), "error", "message", "__proto__", ""];
  let sender = await viewers.join(tracker.url, joinOf(2));
  for (const event of events) {
    for (const message of fc.sample(payload, { numRuns: 900, seed: 7 })) {
      if (!sender.socket.connected) sender = await viewers.join(tracker.url, joinOf(2));
      try {
        sender.socket.emit(event, message);
      } catch {
        // The client cannot serialise it.
      }
    }
    sender = await viewers.join(tracker.url, joinOf(2));
  }
  const viewer = await viewers.join(tracker.url, joinOf(1));
  expect(viewer.welcome.candidates.length).toBeGreaterThanOrEqual(0);
  expect((await fetch(`${tracker.url}/livez`)).status).toBe(200);
}, 60_000);

it("any auth payload is welcomed or refused with a code", async () => {
  for (const auth of fc.sample(fc.object({ withBigInt: false }), { numRuns: 60, seed: 3 })) {
    expect(await viewers.refusal(tracker.url, auth)).toMatchObject({ code: "bad-join" });
  }
});

it("a message larger than the limit costs its sender the socket, and nobody else anything", async () => {
  const viewer = await viewers.join(tracker.url, joinOf(5));
  const closed = new Promise((resolve) => viewer.socket.once("disconnect", resolve));
  viewer.socket.emit(TRACKER_EVENTS.signal, { peerId: peerId(1), attempt: 1, data: "x".repeat(100_000) });
  await closed;
  await viewers.join(tracker.url, joinOf(6));
});
