import { createPublicKey, verify } from "node:crypto";
import {
  decodeSeal,
  NO_SEGMENT,
  type Seal,
  type SegmentId,
  segmentIdOf,
  signedBytes,
  swarmIdOf,
  type TrackId,
  trackIdOf,
} from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { createLog } from "./log.ts";
import { OriginClient } from "./origin-client.ts";
import { generateSealKey, loadSealKey } from "./signer.ts";
import { Sources } from "./sources.ts";
import { SwarmStream } from "./swarm-stream.ts";
import { bytesOf, livePlaylist, TestOrigin, VirtualClock } from "./test-origin.fixture.ts";

const swarm = swarmIdOf("", "live/main");
const MAP = '#EXT-X-MAP:URI="init.mp4"\n';
const track = trackIdOf("v/init.mp4");

function setUp(prefix = "http://cdn/") {
  const origin = new TestOrigin();
  const clock = new VirtualClock();
  const signer = loadSealKey(generateSealKey());
  const seals: Seal[] = [];
  const states: string[] = [];
  let restarts = 0;
  const metrics = { sealed: () => {}, failed: () => {}, restarted: () => restarts++ };
  const client = new OriginClient(origin.fetch, { headers: {}, query: "", maxSegmentBytes: 4_000_000 });
  const log = createLog("sealer", "silent");
  const stream = new SwarmStream(
    { clock, client, signer, log, metrics },
    {
      swarm,
      contentId: "live/main",
      sources: new Sources(prefix, {}),
      minViewers: 2,
      maxSeals: 100,
      onSeal: ({ bytes }) => {
        const read = decodeSeal(bytes);
        if (read.ok) seals.push(read.value);
      },
      onState: ({ state }) => states.push(state),
    },
  );
  const watch = (viewers: number, trackId: TrackId = track) =>
    stream.update(new Map([[trackId, viewers]]), ["/live/main.m3u8"]);
  const ids = () => seals.map((seal) => seal.segmentId);
  return { origin, clock, signer, seals, states, stream, watch, ids, restarts: () => restarts };
}

const id = (name: string): SegmentId => segmentIdOf(name);

/** A live stream `v/s<n>.m4s` that lists segments `first` to `first + 3`. */
function publish(origin: TestOrigin, first: number, more = MAP): void {
  const names = [0, 1, 2, 3].map((n) => `s${first + n}.m4s`);
  for (const [at, name] of names.entries()) {
    if (!origin.files.has(`/live/v/${name}`)) origin.put(`/live/v/${name}`, bytesOf(150_000, first + at));
  }
  origin.put("/live/v/index.m3u8", livePlaylist(first, names, more));
  origin.put("/live/main.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\nv/index.m3u8\n");
}

describe("a live stream", () => {
  it("is sealed whole, newest first, with a signature that viewers can verify", async () => {
    const { origin, clock, signer, seals, states, watch, ids } = setUp();
    publish(origin, 10);
    watch(2);
    await clock.advance(0);
    expect(ids().slice(0, 2).sort()).toEqual([id("v/s13.m4s"), id("v/s12.m4s")].sort());
    expect(new Set(ids())).toEqual(new Set([10, 11, 12, 13].map((n) => id(`v/s${n}.m4s`))));
    expect(states.at(-1)).toBe("on");
    const seal = seals.find((other) => other.segmentId === id("v/s11.m4s"));
    expect(seal).toMatchObject({ trackId: track, previousId: id("v/s10.m4s"), byteLength: 150_000, pieceShift: 16 });
    expect(seals.find((other) => other.segmentId === id("v/s10.m4s"))?.previousId).toBe(NO_SEGMENT);
    const point = Buffer.from(signer.key.point, "base64url");
    const jwk = {
      kty: "EC",
      crv: "P-256",
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
    };
    const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" as const };
    if (!seal) throw new Error("There is no seal.");
    expect(verify("sha256", signedBytes(seal, swarm), key, seal.signature)).toBe(true);
    expect(verify("sha256", signedBytes(seal, swarmIdOf("", "other")), key, seal.signature)).toBe(false);
  });

  it("has each segment read once, and each new one within a target duration", async () => {
    const { origin, clock, watch, ids } = setUp();
    publish(origin, 1);
    watch(2);
    await clock.advance(0);
    for (let first = 2; first < 6; first++) {
      publish(origin, first);
      await clock.advance(4_000);
      expect(ids()).toContain(id(`v/s${first + 3}.m4s`));
    }
    for (let n = 1; n < 9; n++) expect(origin.count(`/s${n}.m4s`)).toBe(1);
  });

  it("is looked at at once when a viewer announces a segment, but not more often than needed for made-up ones", async () => {
    const { origin, clock, stream, watch, ids } = setUp();
    publish(origin, 1);
    watch(2);
    await clock.advance(1_000);
    publish(origin, 2);
    stream.news(track, id("v/s5.m4s"));
    await clock.advance(0);
    expect(ids()).toContain(id("v/s5.m4s"));
    const before = origin.count("index.m3u8");
    for (let n = 0; n < 100; n++) {
      stream.news(track, segmentIdOf(`made-up-${n}`));
      await clock.advance(100);
    }
    expect(origin.count("index.m3u8") - before).toBeLessThan(15);
  });

  it("is not read for a single viewer, and goes on for a minute after the second has left", async () => {
    const { origin, clock, states, watch } = setUp();
    publish(origin, 1);
    watch(1);
    await clock.advance(10_000);
    expect(origin.requests).toEqual([]);
    watch(2);
    await clock.advance(0);
    watch(1);
    await clock.advance(59_000);
    expect(states.at(-1)).toBe("on");
    await clock.advance(2_000);
    expect(states.at(-1)).toBe("too-few-viewers");
    const reloads = origin.count("index.m3u8");
    await clock.advance(60_000);
    expect(origin.count("index.m3u8")).toBe(reloads);
  });

  it("that restarts with the same names is read and sealed anew, and old seals are gone", async () => {
    const { origin, clock, seals, stream, watch, ids, restarts } = setUp();
    publish(origin, 5);
    watch(2);
    await clock.advance(0);
    const old = seals.find((seal) => seal.segmentId === id("v/s5.m4s"));
    for (let n = 3; n < 7; n++) origin.put(`/live/v/s${n}.m4s`, bytesOf(90_000, 100 + n));
    publish(origin, 3);
    await clock.advance(4_000);
    expect(restarts()).toBe(1);
    const anew = seals.filter((seal) => seal.segmentId === id("v/s5.m4s")).at(-1);
    expect(anew?.byteLength).toBe(90_000);
    expect(anew?.sealedAtMs).toBeGreaterThan(old?.sealedAtMs ?? Number.POSITIVE_INFINITY);
    expect(stream.store.get(id("v/s8.m4s"))).toBeUndefined();
    expect(ids()).toContain(id("v/s3.m4s"));
  });

  it("with names that come round has each read again when it is listed again, and nothing else", async () => {
    const { origin, clock, seals, watch } = setUp();
    const list = (first: number) => {
      const names = [0, 1, 2, 3].map((n) => `c${(first + n) % 5}.m4s`);
      origin.put(`/live/v/${names[3]}`, bytesOf(1_000 + first, first));
      origin.put("/live/v/index.m3u8", livePlaylist(first, names, MAP));
    };
    publish(origin, 0);
    for (let n = 0; n < 3; n++) origin.put(`/live/v/c${n}.m4s`, bytesOf(500, n));
    list(0);
    watch(2);
    await clock.advance(0);
    for (let first = 1; first < 12; first++) {
      list(first);
      await clock.advance(4_000);
      const name = `v/c${(first + 3) % 5}.m4s`;
      expect(seals.filter((seal) => seal.segmentId === id(name)).at(-1)?.byteLength).toBe(1_000 + first);
    }
    expect(seals).toHaveLength(4 + 11);
  });

  it("outlives errors of the CDN and unreadable playlists", async () => {
    const { origin, clock, states, watch, ids } = setUp();
    publish(origin, 1);
    watch(2);
    await clock.advance(0);
    publish(origin, 2);
    const good = origin.files.get("/live/v/index.m3u8")?.body ?? "";
    for (const bad of ["", "<html>", "#EXTM3U\n#EXTINF:x\n\n\n#EXT-X-KEY", "\u0000\u0001"]) {
      origin.put("/live/v/index.m3u8", bad);
      await clock.advance(5_000);
    }
    origin.files.set("/live/v/index.m3u8", { body: new Uint8Array(0), status: 503 });
    await clock.advance(20_000);
    expect(states.at(-1)).toBe("on");
    origin.put("/live/v/index.m3u8", good);
    origin.files.set("/live/v/s5.m4s", { body: new Uint8Array(0), status: 500 });
    await clock.advance(11_000);
    expect(ids()).not.toContain(id("v/s5.m4s"));
    origin.put("/live/v/s5.m4s", bytesOf(5_000, 5));
    await clock.advance(5_000);
    expect(ids()).toContain(id("v/s5.m4s"));
  });

  it("says that the CDN refuses, and takes it back when it does no more", async () => {
    const { origin, clock, states, watch } = setUp();
    publish(origin, 1);
    origin.files.set("/live/main.m3u8", { body: new Uint8Array(0), status: 403 });
    watch(2);
    await clock.advance(5_000);
    expect(states.at(-1)).toBe("sealer-refused");
    publish(origin, 1);
    await clock.advance(30_000);
    expect(states.at(-1)).toBe("on");
  });
});

describe("names", () => {
  it("are those of byte ranges, in segments and init segments", async () => {
    const { origin, clock, seals, watch } = setUp();
    publish(origin, 1);
    const whole = bytesOf(700_000, 3);
    origin.put("/live/v/all.mp4", whole);
    origin.put(
      "/live/v/index.m3u8",
      livePlaylist(
        1,
        ["#EXT-X-BYTERANGE:300000@1000\nall.mp4", "#EXT-X-BYTERANGE:200000\nall.mp4"],
        '#EXT-X-MAP:URI="all.mp4",BYTERANGE="1000@0"\n',
      ),
    );
    watch(2, trackIdOf("v/all.mp4#0-999"));
    await clock.advance(0);
    const lengths = Object.fromEntries(seals.map((seal) => [seal.segmentId, seal.byteLength]));
    expect(lengths).toEqual({ [id("v/all.mp4#1000-300999")]: 300_000, [id("v/all.mp4#301000-500999")]: 200_000 });
    origin.ranges = false;
  });

  it("follow alternate audio and take the playlist's name where there is no init segment", async () => {
    const { origin, clock, stream, ids } = setUp();
    origin.put(
      "/live/main.m3u8",
      '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",URI="a/en.m3u8"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv.m3u8\n',
    );
    origin.put("/live/v.m3u8", livePlaylist(1, ["v1.ts"]));
    origin.put("/live/a/en.m3u8", livePlaylist(1, ["e1.ts"]));
    origin.put("/live/v1.ts", bytesOf(1_000, 1));
    origin.put("/live/a/e1.ts", bytesOf(1_000, 2));
    const viewers = new Map([
      [trackIdOf("v.m3u8"), 2],
      [trackIdOf("a/en.m3u8"), 2],
    ]);
    stream.update(viewers, ["/live/main.m3u8"]);
    await clock.advance(0);
    expect(new Set(ids())).toEqual(new Set([id("v1.ts"), id("a/e1.ts")]));
  });
});

describe("a recording", () => {
  it("is sealed only around what viewers announce", async () => {
    const { origin, clock, stream, watch, ids } = setUp();
    publish(origin, 1);
    const names = Array.from({ length: 60 }, (_, n) => `s${n}.m4s`);
    for (const [n, name] of names.entries()) origin.put(`/live/v/${name}`, bytesOf(2_000, n));
    origin.put("/live/v/index.m3u8", `${livePlaylist(0, names, MAP)}#EXT-X-ENDLIST\n`);
    watch(2);
    await clock.advance(60_000);
    expect(ids()).toEqual([]);
    stream.news(track, id("v/s20.m4s"));
    await clock.advance(0);
    expect(new Set(ids())).toEqual(new Set([20, 21, 22, 23, 24].map((n) => id(`v/s${n}.m4s`))));
    stream.news(track, id("v/s22.m4s"));
    await clock.advance(0);
    expect(origin.count("/s22.m4s")).toBe(1);
    expect(ids()).toContain(id("v/s26.m4s"));
    expect(origin.count("index.m3u8")).toBe(1);
  });
});

it("news that come before the playlists were read are not lost", async () => {
  const { origin, clock, stream, watch, ids } = setUp();
  publish(origin, 1);
  const names = Array.from({ length: 9 }, (_, n) => `s${n}.m4s`);
  for (const [n, name] of names.entries()) origin.put(`/live/v/${name}`, bytesOf(2_000, n));
  origin.put("/live/v/index.m3u8", `${livePlaylist(0, names, MAP)}#EXT-X-ENDLIST\n`);
  stream.news(track, id("v/s2.m4s"));
  watch(2);
  stream.news(track, id("v/s0.m4s"));
  await clock.advance(0);
  expect(new Set(ids())).toEqual(new Set([0, 1, 2, 3, 4, 5, 6].map((n) => id(`v/s${n}.m4s`))));
});

describe("what may be read", () => {
  it("is what lies below the operator's base: other hosts, other paths and redirects out of it are refused", async () => {
    const { origin, clock, states, watch, ids } = setUp("http://cdn/live/");
    publish(origin, 1);
    const names = ["http://evil/live/v/x.m4s", "/secret.m4s", "../../secret.m4s", "%2e%2e/%2e%2e/s.m4s", "s..%2fx.m4s"];
    origin.put("/secret.m4s", bytesOf(100, 1));
    origin.files.set("/live/v/away.m4s", { body: new Uint8Array(0), location: "http://evil/secret.m4s" });
    origin.files.set("/live/v/moved.m4s", { body: new Uint8Array(0), location: "/live/v/s1.m4s" });
    origin.put("/live/v/index.m3u8", livePlaylist(1, [...names, "away.m4s", "moved.m4s"], MAP));
    watch(2);
    await clock.advance(20_000);
    expect(ids()).toEqual([id("v/moved.m4s")]);
    expect(origin.count("secret")).toBe(0);
    expect(states).toContain("on");
  });

  it("is nothing where no base is set", async () => {
    const { origin, clock, states, watch } = setUp("");
    publish(origin, 1);
    watch(2);
    await clock.advance(60_000);
    expect(states).toEqual(["unsealed"]);
    expect(origin.requests).toEqual([]);
  });
});

describe("an MPD", () => {
  const addressing = `timescale="1" duration="4" startNumber="0" initialization="v/init.mp4" media="v/s$Number$.m4s"`;
  const mpd = (startMs: number): string => `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic"
    availabilityStartTime="${new Date(startMs).toISOString()}" timeShiftBufferDepth="PT16S" minimumUpdatePeriod="PT4S">
    <Period start="PT0S"><AdaptationSet contentType="video" mimeType="video/mp4">
    <Representation id="v" bandwidth="1000" codecs="avc1.42c00d"><SegmentTemplate ${addressing}/></Representation>
    </AdaptationSet></Period></MPD>`;

  it("is followed by the clock: a new segment is sealed when it is complete", async () => {
    const { origin, clock, stream, ids, states } = setUp();
    origin.put("/live/main.mpd", mpd(clock.now() - 41_000));
    for (let n = 0; n < 14; n++) origin.put(`/live/v/s${n}.m4s`, bytesOf(1_000, n));
    stream.update(new Map([[track, 2]]), ["/live/main.mpd"]);
    await clock.advance(100);
    expect(new Set(ids())).toEqual(new Set([6, 7, 8, 9].map((n) => id(`v/s${n}.m4s`))));
    await clock.advance(8_000);
    expect(ids().slice(4)).toEqual([id("v/s10.m4s"), id("v/s11.m4s")]);
    expect(states).toEqual(["on"]);
  });

  it("beside an HLS manifest of the same files costs no second reading of a segment", async () => {
    const { origin, clock, stream, ids } = setUp();
    publish(origin, 6);
    origin.put("/live/main.mpd", mpd(clock.now() - 41_000));
    stream.update(new Map([[track, 2]]), ["/live/main.mpd", "/live/main.m3u8"]);
    await clock.advance(3_000);
    expect([...ids()].sort()).toEqual([6, 7, 8, 9].map((n) => id(`v/s${n}.m4s`)).sort());
    expect(origin.count("s9.m4s")).toBe(1);
  });
});
