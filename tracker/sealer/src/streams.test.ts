import { type SwarmId, segmentIdOf, swarmIdOf, trackIdOf } from "@shoal/protocol";
import { expect, it } from "vitest";
import {
  type LinkSeal,
  type LinkState,
  readFollow,
  readLinkKeys,
  readLinkSeal,
  readLinkState,
} from "./link-messages.ts";
import { createLog } from "./log.ts";
import { OriginClient } from "./origin-client.ts";
import { generateSealKey, loadSealKey } from "./signer.ts";
import { Sources } from "./sources.ts";
import { Streams } from "./streams.ts";
import { bytesOf, livePlaylist, TestOrigin, VirtualClock } from "./test-origin.fixture.ts";

const swarm = swarmIdOf("", "live/main");
const trackId = trackIdOf("main.m3u8");

function setUp(maxStreams = 10) {
  const origin = new TestOrigin();
  const clock = new VirtualClock();
  const names = ["a1.ts", "a2.ts", "a3.ts"];
  origin.put("/live/main.m3u8", livePlaylist(1, names));
  for (const [n, name] of names.entries()) origin.put(`/live/${name}`, bytesOf(1_000, n));
  const streams = new Streams(
    {
      clock,
      client: new OriginClient(origin.fetch, { headers: {}, query: "", maxSegmentBytes: 100_000 }),
      signer: loadSealKey(generateSealKey()),
      log: createLog("sealer", "silent"),
      metrics: { sealed: () => {}, failed: () => {}, restarted: () => {} },
    },
    { sources: new Sources("http://cdn/", {}), minViewers: 2, maxStreams, maxSealsPerSwarm: 100 },
  );
  const connect = (id: string) => {
    const seals: LinkSeal[] = [];
    const states: LinkState[] = [];
    const send = (_: string, payload: LinkSeal | LinkState) => {
      if ("seal" in payload) seals.push(payload);
      else states.push(payload);
    };
    streams.connect(id, send);
    const follow = (viewers: number, of: SwarmId = swarm, contentId = "live/main") => {
      const tracks = viewers > 0 ? [{ trackId, viewers }] : [];
      const manifests = viewers > 0 ? ["/live/main.m3u8"] : [];
      streams.follow(id, { swarm: of, contentId, manifests, tracks, mediaBase: null });
    };
    return { seals, states, follow, disconnect: () => streams.disconnect(id, send) };
  };
  return { origin, clock, streams, connect };
}

it("one viewer on each of two trackers are two: the stream is sealed for both", async () => {
  const { clock, connect } = setUp();
  const a = connect("a");
  const b = connect("b");
  a.follow(1);
  await clock.advance(1_000);
  expect(a.seals).toEqual([]);
  b.follow(1);
  await clock.advance(0);
  expect(a.seals).toHaveLength(3);
  expect(b.seals).toHaveLength(3);
});

it("a tracker that comes later is given the seals there are, and reads nothing from the CDN", async () => {
  const { origin, clock, connect } = setUp();
  connect("a").follow(2);
  await clock.advance(0);
  const requests = origin.requests.length;
  const late = connect("b");
  late.follow(1);
  expect(late.seals).toHaveLength(3);
  expect(late.states.at(-1)).toMatchObject({ swarm, state: "on" });
  expect(origin.requests).toHaveLength(requests);
});

it("sealing goes on while the tracker is away, and ends when it stays away", async () => {
  const { origin, clock, streams, connect } = setUp();
  const a = connect("a");
  a.follow(2);
  await clock.advance(0);
  a.disconnect();
  origin.put("/live/main.m3u8", livePlaylist(2, ["a2.ts", "a3.ts", "a4.ts"]));
  origin.put("/live/a4.ts", bytesOf(1_000, 4));
  await clock.advance(10_000);
  expect(streams.seal(swarm, segmentIdOf("a4.ts"))).not.toBeNull();
  await clock.advance(400_000);
  expect(streams.size).toBe(0);
  const requests = origin.requests.length;
  await clock.advance(60_000);
  expect(origin.requests).toHaveLength(requests);
});

it("a tracker that reconnects counts its viewers once", async () => {
  const { clock, connect } = setUp();
  const before = connect("a");
  before.follow(1);
  await clock.advance(1_000);
  const after = connect("a");
  before.disconnect();
  await clock.advance(11_000);
  after.follow(1);
  await clock.advance(5_000);
  expect(after.states.at(-1)?.state).toBe("too-few-viewers");
  expect(after.seals).toEqual([]);
});

it("a swarm that nobody watches any more is forgotten after a minute, not at once", async () => {
  const { clock, streams, connect } = setUp();
  const a = connect("a");
  a.follow(2);
  await clock.advance(0);
  a.follow(0);
  await clock.advance(59_000);
  expect(streams.size).toBe(1);
  await clock.advance(2_000);
  expect(streams.size).toBe(0);
});

it("swarms beyond the limit are told that they are not sealed", () => {
  const { connect } = setUp(1);
  const a = connect("a");
  a.follow(2);
  a.follow(2, swarmIdOf("", "other"), "other");
  expect(a.states.at(-1)).toMatchObject({ swarm: "/other", state: "sealer-refused" });
});

it("anything on the link is a message or nothing", () => {
  for (const value of [
    null,
    1,
    "x",
    [],
    {},
    { swarm: 1 },
    { swarm: "a", contentId: "b", manifests: [1], tracks: [] },
  ]) {
    expect(readFollow(value)).toBeNull();
    expect(readLinkSeal(value)).toBeNull();
    expect(readLinkState(value)).toBeNull();
    expect(readLinkKeys(value)).toBeNull();
  }
  expect(readFollow({ swarm: "/a", contentId: "a", manifests: [], tracks: [{ trackId: "x", viewers: 1 }] })).toBeNull();
});
