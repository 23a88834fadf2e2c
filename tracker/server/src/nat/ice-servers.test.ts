import { afterEach, describe, expect, it } from "vitest";
import { startTracker, type Tracker } from "../tracker.ts";
import { joinOf, peerId, TestViewers } from "../viewers.fixture.ts";
import { Coturn, hasCoturn } from "./coturn.fixture.ts";
import { iceServersFor, turnCredentials } from "./ice-servers.ts";

const NONE = { iceServers: [], stunHost: "", turnUrls: [], turnSecret: "", turnTtlSeconds: 600 };
const SECRET = "shared with the relay";
const running: Tracker[] = [];
const viewers = new TestViewers();

afterEach(async () => {
  viewers.close();
  await Promise.all(running.splice(0).map((tracker) => tracker.close()));
});

it("names nobody's servers where nothing is set, and no relay without its secret", () => {
  expect(iceServersFor(NONE, [], peerId(1), 0)).toEqual([]);
  expect(iceServersFor({ ...NONE, turnUrls: ["turn:x"] }, [], peerId(1), 0)).toEqual([]);
});

it("names both ports of the STUN server, IPv6 in brackets", () => {
  const [server] = iceServersFor({ ...NONE, stunHost: "2001:db8::1" }, [3_478, 3_479], peerId(1), 0);
  expect(server?.urls).toEqual(["stun:[2001:db8::1]:3478", "stun:[2001:db8::1]:3479"]);
});

it("runs a STUN server and names it to viewers who join", async () => {
  const options = { host: "127.0.0.1", port: 0, open: true, stunHost: "stun.example", stunPorts: [0, 0] };
  const tracker = await startTracker(
    { ...options, turnUrls: ["turn:turn.example:3478"], turnSecret: SECRET },
    { writeLog: () => {}, now: () => 1_000_000 },
  );
  running.push(tracker);
  const { welcome } = await viewers.join(tracker.url, joinOf(1));
  const [stun, turn] = welcome.iceServers;
  expect(stun?.urls).toHaveLength(2);
  for (const url of stun?.urls ?? []) expect(url).toMatch(/^stun:stun\.example:\d{2,5}$/);
  expect(turn).toEqual({ urls: ["turn:turn.example:3478"], ...turnCredentials(SECRET, peerId(1), 1_000_000, 86_400) });
});

describe.skipIf(!hasCoturn())("Debian's coturn (needs turnserver)", () => {
  it("takes the credentials of a welcome, and refuses expired and forged ones", async () => {
    const coturn = await Coturn.start(SECRET);
    try {
      const now = Date.now();
      const good = turnCredentials(SECRET, peerId(1), now, 600);
      expect(await coturn.allocate(good.username, good.credential)).toBe(200);
      const expired = turnCredentials(SECRET, peerId(2), now - 700_000, 600);
      expect(await coturn.allocate(expired.username, expired.credential)).toBe(401);
      const forged = turnCredentials("guessed", peerId(3), now, 600);
      expect(await coturn.allocate(forged.username, forged.credential)).toBe(401);
    } finally {
      await coturn.stop();
    }
  });
});
