import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeSeal, segmentIdOf, TRACKER_EVENTS, trackIdOf } from "@shoal/protocol";
import { generateSealKey, type Sealer, type SealerOptions, startSealer } from "@shoal/sealer";
import { afterEach, expect, it, vi } from "vitest";
import { mint, TENANT_KEYS } from "./gate/tokens.fixture.ts";
import { startTracker, type Tracker } from "./tracker.ts";
import { joinOf, type TestViewer, TestViewers } from "./viewers.fixture.ts";

/** A live stream over loopback HTTP: `/live/v/s<n>.m4s`, four listed from `first` on. */
class LiveOrigin {
  first = 1;
  readonly asked: string[] = [];
  readonly #server: HttpServer = createServer((request, response) => {
    this.asked.push(request.url ?? "");
    const path = new URL(request.url ?? "/", "http://origin").pathname;
    if (path === "/live/master.m3u8") {
      response.end("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\nv/index.m3u8\n");
    } else if (path === "/live/v/index.m3u8") {
      const segments = [0, 1, 2, 3].map((n) => `#EXTINF:4,\ns${this.first + n}.m4s\n`).join("");
      response.end(
        `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${this.first}\n#EXT-X-MAP:URI="init.mp4"\n${segments}`,
      );
    } else response.end(Buffer.alloc(100_000, path));
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

vi.setConfig({ testTimeout: 30_000 });
/** Waits as long as a busy machine needs. */
const eventually = <T>(get: () => T) => expect.poll(get, { timeout: 20_000 });

const track = trackIdOf("v/init.mp4");
const viewers = new TestViewers();
const closing: (() => unknown)[] = [];
const sealKey = generateSealKey();
const quiet = { writeLog: () => {} };

afterEach(async () => {
  viewers.close();
  for (const close of closing.splice(0).reverse()) await close();
});

async function startOrigin() {
  const origin = new LiveOrigin();
  const mediaBase = await origin.start();
  closing.push(() => origin.stop());
  return { origin, mediaBase };
}

async function seal(options: Partial<SealerOptions>): Promise<Sealer> {
  const sealer = await startSealer({ port: 0, sealKey, ...options }, quiet);
  closing.push(() => sealer.close());
  return sealer;
}

async function trackerFor(sealerUrl: string, port = 0): Promise<Tracker> {
  const options = { host: "127.0.0.1", port, open: true, sealerUrl, ispFromQuery: true };
  const tracker = await startTracker(options, quiet);
  closing.push(() => tracker.close());
  return tracker;
}

const join = (url: string, n: number, isp = "a") => viewers.join(url, joinOf(n, { tracks: [track] }), isp);

/** Ids of the segments whose seals a viewer was pushed. */
function sealed(viewer: TestViewer): string[] {
  return viewer.got(TRACKER_EVENTS.seal).map((payload) => {
    const read = decodeSeal(Buffer.from((payload as { seal: string }).seal, "base64url"));
    return read.ok ? read.value.segmentId : "";
  });
}

const isOn = (payload: { readonly state: string }) => payload.state === "on";

it("seals of the live window reach the first viewers of each ISP, and no more than four of the track", async () => {
  const { origin, mediaBase } = await startOrigin();
  const sealer = await seal({ mediaBase });
  const { url } = await trackerFor(sealer.url);
  const crowd: TestViewer[] = [];
  for (let n = 1; n <= 12; n++) crowd.push(await join(url, n, n % 2 ? "a" : "b"));
  const [first] = crowd;
  if (!first) throw new Error("Nobody joined.");
  await first.until(TRACKER_EVENTS.sealing, isOn);
  origin.first = 2;
  const fresh = segmentIdOf("v/s5.m4s");
  first.socket.emit(TRACKER_EVENTS.news, { trackId: track, segmentId: fresh });
  await eventually(() => sealed(first)).toContain(fresh);
  const holders = (isp: number) => crowd.filter((viewer, n) => n % 2 === isp && sealed(viewer).includes(fresh)).length;
  await eventually(() => [holders(0), holders(1)]).toEqual([2, 2]);
  const window = [1, 2, 3, 4].map((n) => segmentIdOf(`v/s${n}.m4s`));
  for (const segmentId of window) {
    expect(crowd.filter((viewer) => sealed(viewer).includes(segmentId)).length).toBeLessThanOrEqual(6);
  }
  const late = await join(url, 20, "c");
  await eventually(() => new Set(sealed(late))).toEqual(new Set([...window, fresh]));
  expect(late.welcome.sealing).toBe("on");
  expect(late.welcome.sealKeys).toEqual(sealer.keys);
});

it("a lone viewer is told that it is alone, and sealing begins with the second", async () => {
  const { mediaBase } = await startOrigin();
  const sealer = await seal({ mediaBase });
  const { url } = await trackerFor(sealer.url);
  await eventually(() => fetch(`${url}/metrics`).then((r) => r.text())).toMatch(/shoal_tracker_sealer_connected 1/);
  const first = await join(url, 1);
  expect(first.welcome.sealing).toBe("too-few-viewers");
  await join(url, 2);
  await first.until(TRACKER_EVENTS.sealing, isOn);
  await eventually(() => sealed(first).length).toBe(4);
});

it("a signed claim says where a tenant's content lies, and no viewer does", async () => {
  const { mediaBase } = await startOrigin();
  const sealer = await seal({});
  const options = { host: "127.0.0.1", port: 0, tokenKeys: JSON.stringify(TENANT_KEYS), sealerUrl: sealer.url };
  const tracker = await startTracker(options, quiet);
  closing.push(() => tracker.close());
  const token = await mint({ mediaBase });
  const first = await viewers.join(tracker.url, joinOf(1, { tracks: [track], token }));
  await viewers.join(tracker.url, joinOf(2, { tracks: [track], token }));
  await first.until(TRACKER_EVENTS.sealing, isOn);
  await eventually(() => sealed(first).length).toBe(4);
});

it("a viewer that announces a segment sealed long ago is given its seal", async () => {
  const { mediaBase } = await startOrigin();
  const sealer = await seal({ mediaBase });
  const { url } = await trackerFor(sealer.url);
  const first = await join(url, 1);
  await join(url, 2);
  await eventually(() => sealed(first).length).toBe(4);
  const other = await viewers.join(url, joinOf(3, { tracks: [] }), "z");
  const segmentId = segmentIdOf("v/s2.m4s");
  other.socket.emit(TRACKER_EVENTS.status, { tracks: [track] });
  await eventually(() => sealed(other)).toContain(segmentId);
});

it("a sealer that dies is announced as no-seal, and as on again when it is back", async () => {
  const { mediaBase } = await startOrigin();
  const sealer = await seal({ mediaBase });
  const { url } = await trackerFor(sealer.url);
  const first = await join(url, 1);
  await join(url, 2);
  await first.until(TRACKER_EVENTS.sealing, isOn);
  await sealer.close();
  await first.until(TRACKER_EVENTS.sealing, (payload: { readonly state: string }) => payload.state === "no-seal");
  expect((await join(url, 3)).welcome.sealing).toBe("no-seal");
  const before = first.got(TRACKER_EVENTS.sealing).length;
  await seal({ mediaBase, port: Number(new URL(sealer.url).port) });
  await eventually(() => first.got(TRACKER_EVENTS.sealing).slice(before)).toContainEqual({ state: "on" });
});

it("a viewer that joined while the sealer was away, or outlives its key, is given the new key", async () => {
  const { mediaBase } = await startOrigin();
  const sealer = await seal({ mediaBase });
  const { url } = await trackerFor(sealer.url);
  await sealer.close();
  const first = await join(url, 1);
  const another = await seal({ mediaBase, sealKey: generateSealKey(), port: Number(new URL(sealer.url).port) });
  await eventually(() => first.got(TRACKER_EVENTS.sealKeys)).toContainEqual({ sealKeys: another.keys });
});

it("a tracker that restarts finds the seals of the window where it left them", async () => {
  const { mediaBase } = await startOrigin();
  const sealer = await seal({ mediaBase });
  const tracker = await trackerFor(sealer.url);
  const first = await join(tracker.url, 1);
  await join(tracker.url, 2);
  await eventually(() => sealed(first).length).toBe(4);
  await tracker.close();
  expect(first.got(TRACKER_EVENTS.sealing).at(-1)).toEqual({ state: "on" });
  const segmentId = segmentIdOf("v/s3.m4s");
  const direct = await fetch(`${sealer.url}/v1/seal?swarm=${encodeURIComponent("/live/master")}&segment=${segmentId}`);
  expect(decodeSeal(new Uint8Array(await direct.arrayBuffer()))).toMatchObject({ ok: true, value: { segmentId } });
  const again = await trackerFor(sealer.url, Number(new URL(tracker.url).port));
  const back = await join(again.url, 1);
  await eventually(() => sealed(back).length).toBe(4);
});

it("a sealer without a media base says unsealed, and one that another secret guards stays away", async () => {
  const open = await seal({});
  const tracker = await trackerFor(open.url);
  const first = await join(tracker.url, 1);
  await join(tracker.url, 2);
  await first.until(TRACKER_EVENTS.sealing, (payload: { readonly state: string }) => payload.state === "unsealed");
  const guarded = await seal({ secret: "known to few" });
  const stranger = await trackerFor(guarded.url);
  expect((await join(stranger.url, 1)).welcome.sealing).toBe("no-seal");
});

it("has each segment read once by two replicas of the sealer and three pods, also after one replica died", async () => {
  const { origin, mediaBase } = await startOrigin();
  const replicas = [await seal({ mediaBase }), await seal({ mediaBase })];
  const sealerUrl = replicas.map(({ url }) => url).join(",");
  const pods = [await trackerFor(sealerUrl), await trackerFor(sealerUrl), await trackerFor(sealerUrl)];
  const watching = await Promise.all(pods.flatMap(({ url }, at) => [join(url, 2 * at + 1), join(url, 2 * at + 2)]));
  const wanted = [1, 2, 3, 4].map((n) => segmentIdOf(`v/s${n}.m4s`));
  const everyPodHas = (ids: readonly string[]) => () =>
    [0, 2, 4].every((at) => {
      const held = new Set([...sealed(watching[at] as TestViewer), ...sealed(watching[at + 1] as TestViewer)]);
      return ids.every((id) => held.has(id as string));
    });
  await eventually(everyPodHas(wanted)).toBe(true);
  const reads = (n: number) => origin.asked.filter((url) => url.includes(`/s${n}.m4s`)).length;
  const readsOfOne = reads(4);
  expect(readsOfOne).toBeLessThanOrEqual(4);
  // Whichever replica had the swarm dies: the other has it, for all pods, with the same key.
  const playlists = (at: number) => origin.asked.filter((url) => url.includes("index.m3u8")).length - at;
  const before = playlists(0);
  await replicas[0]?.close();
  origin.first = 5;
  for (const viewer of watching)
    viewer.socket.emit(TRACKER_EVENTS.news, { trackId: track, segmentId: segmentIdOf("v/s8.m4s") });
  await eventually(everyPodHas([segmentIdOf("v/s8.m4s")])).toBe(true);
  expect(playlists(before)).toBeGreaterThan(0);
  expect(reads(8)).toBeLessThanOrEqual(readsOfOne);
});
