import { readRoster, TRACKER_EVENTS } from "@shoal/protocol";
import { io } from "socket.io-client";
import { afterEach, expect, it, vi } from "vitest";
import type { TrackerOptions } from "./config.ts";
import { startTracker, type Tracker } from "./tracker.ts";
import { joinOf, peerId, TestViewers, trackId } from "./viewers.fixture.ts";

vi.setConfig({ testTimeout: 30_000 });
/** Waits as long as a busy machine needs. */
const eventually = <T>(get: () => T) => expect.poll(get, { timeout: 20_000 });

const running: Tracker[] = [];
const viewers = new TestViewers();

afterEach(async () => {
  viewers.close();
  await Promise.all(running.splice(0).map((tracker) => tracker.close()));
});

async function start(options: Partial<TrackerOptions> = {}, writeLog: (line: string) => void = () => {}) {
  const tracker = await startTracker({ host: "127.0.0.1", port: 0, open: true, ...options }, { writeLog });
  running.push(tracker);
  return tracker;
}

const metric = async (url: string, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((row) => row.startsWith(`${name} `));
  return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
};

it("welcomes a viewer with everybody who is there, near ones first", async () => {
  const { url } = await start({ ispFromQuery: true });
  const first = await viewers.join(url, joinOf(1), "a");
  await viewers.join(url, joinOf(2), "b");
  const third = await viewers.join(url, joinOf(3), "a");
  expect(first.welcome.candidates).toEqual([]);
  expect(first.welcome.swarm).toBe("/live/master");
  expect(first.welcome.sealing).toBe("unsealed");
  expect(third.welcome.candidates).toEqual([
    { peerId: peerId(1), sameIsp: true, sameTrack: true },
    { peerId: peerId(2), sameIsp: false, sameTrack: true },
  ]);
});

it("keeps viewers of different contents apart", async () => {
  const { url } = await start();
  await viewers.join(url, joinOf(1));
  const other = await viewers.join(url, joinOf(2, { contentId: "live/other" }));
  expect(other.welcome.candidates).toEqual([]);
});

it("relays signals between viewers that were introduced, in both directions, and to nobody else", async () => {
  const { url } = await start();
  const first = await viewers.join(url, joinOf(1));
  const second = await viewers.join(url, joinOf(2));
  const stranger = await viewers.join(url, joinOf(3, { contentId: "live/other" }));
  stranger.socket.emit(TRACKER_EVENTS.signal, { peerId: first.peerId, attempt: 1, data: "stranger" });
  second.socket.emit(TRACKER_EVENTS.signal, { peerId: first.peerId, attempt: 7, data: "offer" });
  expect(await first.until(TRACKER_EVENTS.signal)).toEqual({
    peerId: second.peerId,
    attempt: 7,
    data: "offer",
    sameIsp: true,
  });
  first.socket.emit(TRACKER_EVENTS.signal, { peerId: second.peerId, attempt: 7, data: "answer" });
  expect(await second.until(TRACKER_EVENTS.signal)).toEqual({
    peerId: first.peerId,
    attempt: 7,
    data: "answer",
    sameIsp: true,
  });
  expect(first.got(TRACKER_EVENTS.signal)).toHaveLength(1);
  expect(await metric(url, 'shoal_tracker_signals_total{route="unmatched"}')).toBe(1);
});

it("gives candidates again when a viewer asks", async () => {
  const { url } = await start();
  const first = await viewers.join(url, joinOf(1));
  await viewers.join(url, joinOf(2));
  first.socket.emit(TRACKER_EVENTS.wantCandidates, { count: 5 });
  expect(await first.until(TRACKER_EVENTS.candidates)).toEqual({
    candidates: [{ peerId: peerId(2), sameIsp: true, sameTrack: true }],
  });
});

it("does not offer a viewer that has no slot left or stopped sharing", async () => {
  const { url } = await start();
  const first = await viewers.join(url, joinOf(1));
  const second = await viewers.join(url, joinOf(2));
  first.socket.emit(TRACKER_EVENTS.status, { freeSlots: 0 });
  second.socket.emit(TRACKER_EVENTS.status, { sharing: "off", tracks: [trackId(2)] });
  first.socket.emit(TRACKER_EVENTS.wantCandidates, { count: 5 });
  second.socket.emit(TRACKER_EVENTS.wantCandidates, { count: 5 });
  await Promise.all([first.until(TRACKER_EVENTS.candidates), second.until(TRACKER_EVENTS.candidates)]);
  expect((await viewers.join(url, joinOf(3))).welcome.candidates).toEqual([]);
});

it("takes the newer socket of a viewer that joins twice, and lets it answer its neighbours", async () => {
  const { url } = await start();
  const first = await viewers.join(url, joinOf(1));
  const second = await viewers.join(url, joinOf(2));
  const closed = new Promise((resolve) => first.socket.once("disconnect", resolve));
  const again = await viewers.join(url, joinOf(1));
  expect(await closed).toBe("io server disconnect");
  second.socket.emit(TRACKER_EVENTS.signal, { peerId: peerId(1), attempt: 1, data: "offer" });
  expect(await again.until(TRACKER_EVENTS.signal)).toMatchObject({ data: "offer" });
  expect(await metric(url, "shoal_tracker_connections")).toBe(2);
});

it("says why it refuses a join, and when to come again", async () => {
  const { url } = await start({ maxSockets: 2, maxSocketsPerAddress: 1 });
  expect(await viewers.refusal(url, {})).toMatchObject({ code: "bad-join" });
  expect(await viewers.refusal(url, joinOf(1, { version: 9 }))).toMatchObject({ code: "other-version" });
  expect(await viewers.refusal(url, joinOf(1, { contentId: "" }))).toMatchObject({ code: "bad-join" });
  await viewers.join(url, joinOf(1));
  const refusal = await viewers.refusal(url, joinOf(2));
  expect(refusal.code).toBe("too-many-sockets");
  expect(refusal.retryAfterMs).toBeGreaterThanOrEqual(30_000);
  expect(await metric(url, 'shoal_tracker_admission_rejected_total{reason="too-many-sockets"}')).toBe(1);
});

it("is full at its limit of sockets, says so to viewers and to the load balancer, and takes viewers again", async () => {
  const { url } = await start({ maxSockets: 1 });
  const first = await viewers.join(url, joinOf(1));
  expect(await viewers.refusal(url, joinOf(2))).toMatchObject({ code: "too-busy" });
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  first.socket.disconnect();
  await eventually(() => fetch(`${url}/readyz`).then((response) => response.status)).toBe(200);
  await viewers.join(url, joinOf(2));
  // A refusal with words needs a socket: it was let in as well.
  expect(await metric(url, "shoal_tracker_admitted_total")).toBe(3);
});

it("drops what a viewer sends beyond its rate, and goes on", async () => {
  const { url } = await start({ messagesPerSecond: 1, messageBurst: 20 });
  const first = await viewers.join(url, joinOf(1));
  const second = await viewers.join(url, joinOf(2));
  for (let n = 0; n < 100; n++) {
    second.socket.emit(TRACKER_EVENTS.signal, { peerId: first.peerId, attempt: n, data: "x" });
  }
  await eventually(() => metric(url, 'shoal_tracker_messages_dropped_total{reason="rate"}')).toBeGreaterThan(70);
  expect(first.got(TRACKER_EVENTS.signal).length).toBeLessThan(25);
});

it("stops offering a viewer that three others convicted, not one that two did", async () => {
  const { url } = await start();
  await viewers.join(url, joinOf(1));
  const accusers = [];
  for (const n of [2, 3, 4]) accusers.push(await viewers.join(url, joinOf(n)));
  const nothing = { cdnBytes: 0, peerBytes: 5, uploadedBytes: 0 };
  for (const accuser of accusers.slice(0, 2)) {
    for (let i = 0; i < 3; i++) accuser.socket.emit(TRACKER_EVENTS.report, { ...nothing, convicted: [peerId(1)] });
  }
  await eventually(() => metric(url, 'shoal_tracker_viewer_bytes_total{source="peer"}')).toBe(30);
  const before = await viewers.join(url, joinOf(5));
  expect(before.welcome.candidates.map((candidate) => candidate.peerId)).toContain(peerId(1));
  accusers[2]?.socket.emit(TRACKER_EVENTS.report, { ...nothing, convicted: [peerId(1)] });
  await eventually(() => metric(url, "shoal_tracker_withheld_total")).toBe(1);
  const after = await viewers.join(url, joinOf(6));
  expect(after.welcome.candidates.map((candidate) => candidate.peerId)).not.toContain(peerId(1));
});

it("names who fetches for a large cluster: the fast, by what they report", async () => {
  const { url } = await start({ ispFromQuery: true });
  const all = await Promise.all(Array.from({ length: 32 }, (_, n) => viewers.join(url, joinOf(n + 1), "a")));
  const nothing = { cdnBytes: 0, peerBytes: 0, uploadedBytes: 0 };
  const [first] = all;
  first?.socket.emit(TRACKER_EVENTS.report, { ...nothing, uplinkBps: 20_000_000 });
  const told = await Promise.all(
    all.map(async (viewer) => {
      const payload = await viewer.until(TRACKER_EVENTS.roster);
      const update = readRoster(payload);
      if (!update.ok) throw new Error(update.reason);
      return { peerId: viewer.peerId, update: update.value.message, fields: Object.keys(payload as object) };
    }),
  );
  const members = told.filter(({ update }) => update.add.length > 0);
  expect(members.length).toBe(8);
  for (const { peerId, update } of members) {
    expect(update.viewers).toBe(32);
    expect(update.add.map(([member]) => member)).toContain(peerId);
    expect(update.add).toEqual(members[0]?.update.add);
  }
  // The others are told only that there is one, in as few bytes as that takes.
  const others = told.filter(({ update }) => update.add.length === 0);
  for (const { fields } of others) expect(fields).toEqual(["trackId", "epoch", "viewers"]);
  expect(await metric(url, "shoal_tracker_roster_updates_total")).toBe(32);
});

it("pushes the operator's configuration to all viewers, for the right token only", async () => {
  const { url } = await start({ adminToken: "secret" });
  const viewer = await viewers.join(url, joinOf(1));
  const post = (token: string, body: string) =>
    fetch(`${url}/admin/config`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body });
  expect((await post("wrong", "{}")).status).toBe(401);
  expect((await post("secret", "no json")).status).toBe(400);
  expect((await post("secret", '{"sharing":"sometimes"}')).status).toBe(400);
  expect((await post("secret", '{"sharing":"off"}')).status).toBe(200);
  expect(await viewer.until(TRACKER_EVENTS.config)).toEqual({ sharing: "off", maxPeers: null, memoryBytes: null });
  expect((await viewers.join(url, joinOf(2))).welcome.config.sharing).toBe("off");
});

it("takes viewers of the operator's pages, and apps, where origins are named", async () => {
  const { url } = await start({ allowOrigins: ["https://tv.example"] });
  const outcome = (origin: string) => {
    const options = { transports: ["websocket"], forceNew: true, reconnection: false, extraHeaders: { origin } };
    const socket = io(url, { ...options, auth: joinOf(2) });
    return new Promise((resolve) => {
      socket.once("connect", () => resolve("connected"));
      socket.once("connect_error", () => resolve("refused"));
    }).finally(() => socket.disconnect());
  };
  expect(await outcome("https://evil.example")).toBe("refused");
  expect(await outcome("https://tv.example")).toBe("connected");
  await viewers.join(url, joinOf(1));
});

it("has no admin endpoint without a token", async () => {
  const { url } = await start();
  expect((await fetch(`${url}/admin/config`, { method: "POST", body: "{}" })).status).toBe(404);
});

it("writes no address into its log", async () => {
  const lines: string[] = [];
  const { url } = await start({ logLevel: "debug" }, (line) => lines.push(line));
  const viewer = await viewers.join(url, joinOf(1));
  viewer.socket.disconnect();
  await eventually(() => metric(url, "shoal_tracker_connections")).toBe(0);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join("\n")).not.toMatch(/127\.0\.0\.1|::1/);
  expect(await metric(url, "shoal_tracker_subscriber_lines")).toBe(0);
});
