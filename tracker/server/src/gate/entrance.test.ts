import { TRACKER_EVENTS } from "@shoal/protocol";
import { afterEach, expect, it } from "vitest";
import type { TrackerOptions } from "../config.ts";
import { startTracker, type Tracker } from "../tracker.ts";
import { joinOf, peerId, TestViewers } from "../viewers.fixture.ts";
import { mint, TENANT_KEYS } from "./tokens.fixture.ts";

const running: Tracker[] = [];
const viewers = new TestViewers();

afterEach(async () => {
  viewers.close();
  await Promise.all(running.splice(0).map((tracker) => tracker.close()));
});

async function start(options: Partial<TrackerOptions> = {}): Promise<string> {
  const given = { host: "127.0.0.1", port: 0, tokenKeys: JSON.stringify(TENANT_KEYS), ...options };
  const tracker = await startTracker(given, { writeLog: () => {} });
  running.push(tracker);
  return tracker.url;
}

it("lets in who has a token, into the swarm of its tenant, and tells the others why not", async () => {
  const url = await start();
  expect(await viewers.refusal(url, joinOf(1))).toMatchObject({ code: "bad-token" });
  const expired = await mint({ exp: 1_000 });
  expect(await viewers.refusal(url, joinOf(1, { token: expired }))).toMatchObject({
    message: "The token has expired.",
  });
  const viewer = await viewers.join(url, joinOf(1, { token: await mint() }));
  expect(viewer.welcome.swarm).toBe("acme/live/master");
});

it("does not start where nobody could come in", async () => {
  await expect(start({ tokenKeys: "" })).rejects.toThrow("SHOAL_TOKEN_KEYS");
});

it("gives one token id to one peer, which may come again on another socket", async () => {
  const url = await start();
  const token = await mint({ jti: "seat 12" });
  const first = await viewers.join(url, joinOf(1, { token }));
  expect(await viewers.refusal(url, joinOf(2, { token }))).toMatchObject({ code: "bad-token" });
  const closed = new Promise((resolve) => first.socket.once("disconnect", resolve));
  const again = await viewers.join(url, joinOf(1, { token }));
  await closed;
  again.socket.disconnect();
  await expect
    .poll(() =>
      viewers.join(url, joinOf(2, { token })).then(
        ({ peerId: id }) => id,
        () => null,
      ),
    )
    .toBe(peerId(2));
});

it("counts no limit of an address against viewers with tokens of their own", async () => {
  const url = await start({ maxSocketsPerAddress: 1 });
  await viewers.join(url, joinOf(1, { token: await mint() }));
  const refusal = await viewers.refusal(url, joinOf(2, { token: await mint() }));
  expect(refusal.code).toBe("too-many-sockets");
  const third = await viewers.join(url, joinOf(3, { token: await mint({ jti: "own" }) }));
  expect(third.welcome.candidates.map((candidate) => candidate.peerId)).toEqual([peerId(1)]);
  third.socket.emit(TRACKER_EVENTS.wantCandidates, { count: 1 });
  await third.until(TRACKER_EVENTS.candidates);
});
