import { TRACKER_EVENTS } from "@shoal/protocol";
import { afterEach, expect, it } from "vitest";
import { startTracker, type Tracker } from "../tracker.ts";
import { joinOf, peerId, TestViewers } from "../viewers.fixture.ts";

const running: Tracker[] = [];
const viewers = new TestViewers();

afterEach(async () => {
  viewers.close();
  await Promise.all(running.splice(0).map((tracker) => tracker.close()));
});

async function start() {
  const options = { host: "127.0.0.1", port: 0, open: true, adminToken: "secret", ispFromQuery: true };
  const tracker = await startTracker(options, { writeLog: () => {} });
  running.push(tracker);
  const ask = (path: string, body?: object) =>
    fetch(`${tracker.url}${path}`, {
      headers: { authorization: "Bearer secret" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
  return { url: tracker.url, ask };
}

it("reaches those it is for on their open sockets, at once, and nobody else", async () => {
  const { url, ask } = await start();
  const tv = await viewers.join(url, joinOf(1, { device: "tv" }), "a");
  const phone = await viewers.join(url, joinOf(2, { device: "phone" }), "a");
  const away = { rules: [{ name: "tvs off", when: { device: "tv" }, set: { sharing: "off" } }] };
  expect((await ask("/admin/config", away)).status).toBe(200);
  expect(await tv.until(TRACKER_EVENTS.config)).toEqual({ sharing: "off", maxPeers: null, memoryBytes: null });
  expect(phone.got(TRACKER_EVENTS.config)).toEqual([]);
  expect(await (await ask("/admin/config")).json()).toMatchObject({ rules: [{ name: "tvs off" }] });
  const late = await viewers.join(url, joinOf(3, { device: "tv" }), "a");
  expect(late.welcome.config.sharing).toBe("off");
  expect(late.welcome.candidates).toEqual([]);
  // Whatever a client then says of itself, it is offered to nobody.
  tv.socket.emit(TRACKER_EVENTS.status, { sharing: "full" });
  tv.socket.emit(TRACKER_EVENTS.wantCandidates, { count: 4 });
  expect(await tv.until(TRACKER_EVENTS.candidates)).toEqual({ candidates: [] });
  const fourth = await viewers.join(url, joinOf(4), "a");
  expect(fourth.welcome.candidates.map((candidate) => candidate.peerId)).toEqual([peerId(2)]);
  await ask("/admin/config", {});
  expect(await tv.until(TRACKER_EVENTS.config, (config: { sharing: unknown }) => config.sharing === null)).toBeTruthy();
  tv.socket.emit(TRACKER_EVENTS.wantCandidates, { count: 9 });
  await tv.until(TRACKER_EVENTS.candidates, ({ candidates }: { candidates: unknown[] }) => candidates.length === 3);
});

it("keeps viewers inside their ISP where a rule says so", async () => {
  const { url, ask } = await start();
  await ask("/admin/config", { rules: [{ when: { isp: "test:b" }, set: { inside: "isp" } }] });
  await viewers.join(url, joinOf(1), "a");
  await viewers.join(url, joinOf(2), "b");
  const inside = await viewers.join(url, joinOf(3), "b");
  expect(inside.welcome.candidates.map((candidate) => candidate.peerId)).toEqual([peerId(2)]);
  const outside = await viewers.join(url, joinOf(4), "a");
  expect(outside.welcome.candidates.map((candidate) => candidate.peerId)).toEqual([peerId(1)]);
});

it("says to the operator, and to nobody else, why a viewer meets whom it meets", async () => {
  const { url, ask } = await start();
  await viewers.join(url, joinOf(1, { nat: "cone" }), "a");
  const second = await viewers.join(url, joinOf(2, { device: "phone" }), "b");
  await viewers.join(url, joinOf(3), "b");
  const path = `/debug/match?swarm=${encodeURIComponent(second.welcome.swarm)}&peer=${second.peerId}`;
  expect((await fetch(`${url}${path}`)).status).toBe(401);
  expect((await ask("/debug/match?swarm=x&peer=y")).status).toBe(404);
  const text = await (await ask(path)).text();
  expect(text).not.toContain("127.0.0.1");
  const { viewer, introduced, next } = JSON.parse(text);
  expect(viewer).toMatchObject({ isp: "test:b", device: "phone", sharing: "full" });
  expect(introduced.map((other: { peerId: string }) => other.peerId)).toContain(peerId(1));
  expect(next[0]).toMatchObject({ peerId: peerId(3), level: "everybody", sameIsp: true, parts: { isp: 12, track: 4 } });
  const { parts, score } = next[0];
  expect(Object.values(parts as Record<string, number>).reduce((sum, part) => sum + part)).toBeCloseTo(score);
});
