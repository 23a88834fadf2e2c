import type { CdnSink, MeshFactory, MeshPart, SessionRim, ShoalOptions, TrackTimeline } from "@shoal/core";
import { desktopMesh } from "@shoal/core/testing";
import { segmentIdOf, trackIdOf } from "@shoal/protocol/names";
import Hls, { type HlsConfig, type LevelDetails } from "hls.js";
import Hls15 from "hls.js-1.5";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { fragmentLoaderClass } from "./fragment-loader.ts";
import { bytesOf, contextFor, HeardCallbacks, loaderConfig, ScriptedLoader } from "./loader.fixture.ts";
import { fragmentAt, readPlaylist, segments } from "./playlist.fixture.ts";
import { HlsPlugIn } from "./plug-in.ts";

const LIVE_EDGE = segments(7, 3);
const manifest = "https://cdn/show/master.m3u8?token=1";

/** The part of a player that the plug-in sees. */
class FakeHls {
  static Events: typeof Hls.Events = Hls.Events;
  media: unknown = null;
  bandwidthEstimate = 3_000_000;
  ttfbEstimate = 60;
  autoLevelEnabled = true;
  minAutoLevel = 0;
  loadLevel = 2;
  readonly config = Hls.DefaultConfig;
  readonly #listeners = new Map<string, (name: string, data: unknown) => void>();

  on(name: string, listener: (name: string, data: unknown) => void): void {
    this.#listeners.set(name, listener);
  }

  tell(name: string, data: unknown): void {
    this.#listeners.get(name)?.(name, data);
  }
}

class FakeHls15 extends FakeHls {
  static override Events = Hls15.Events as unknown as typeof Hls.Events;
}

/** What the mesh was told, in order. */
let told: [string, unknown][];
let media: EventTarget;
let identities: { contentId: string; manifest: string }[];

const rim: SessionRim = {
  clock: { now: () => performance.now(), wallMs: () => Date.now(), after: () => () => {} },
  randomBytes: () => new Uint8Array(16),
  unable: () => null,
  onLeave: () => () => {},
  loadMesh: () => Promise.resolve(desktopMesh(createMesh)),
};

const createMesh: MeshFactory = (_player, { identity }) => {
  identities.push({ contentId: identity.contentId, manifest: identity.manifest });
  const mesh: MeshPart = {
    offReason: null,
    neighbours: [],
    storedBytes: 0,
    uplinkBps: null,
    session: null,
    load: () => null,
    adopt: (segment, bytes) => told.push(["adopt", [segment.id, bytes]]),
    setTimeline: (timeline) => told.push(["timeline", timeline]),
    setActiveTracks: (tracks) => told.push(["tracks", [...tracks]]),
    setSharing: () => {},
    remoteSharing: null,
    close: () => told.push(["close", null]),
  };
  return mesh;
};

beforeEach(() => {
  told = [];
  identities = [];
  media = new EventTarget();
  ScriptedLoader.made = [];
});

function open(options: ShoalOptions = {}, hls: FakeHls = new FakeHls()): { hls: FakeHls; plugIn: HlsPlugIn } {
  const given = { tracker: "https://tracker", ...options };
  const plugIn = new HlsPlugIn(hls as unknown as Hls, given, (of: HlsConfig) => new ScriptedLoader(of), rim);
  return { hls, plugIn };
}

/** A player that read its manifest and one playlist. */
function begin(options: ShoalOptions = {}, details = readPlaylist(LIVE_EDGE)): ReturnType<typeof open> {
  const opened = open(options);
  opened.hls.tell(Hls.Events.MEDIA_ATTACHED, { media });
  opened.hls.tell(Hls.Events.MANIFEST_LOADED, { url: manifest });
  opened.hls.tell(Hls.Events.LEVEL_UPDATED, { details });
  return opened;
}

/** Loads a fragment through the engine, whose CDN answers at once; then the picture moves. */
async function play(
  plugIn: HlsPlugIn,
  details: LevelDetails,
  at: number,
  bytes = bytesOf(100),
): Promise<HeardCallbacks> {
  const Loader = fragmentLoaderClass(
    () => plugIn,
    (of: HlsConfig) => new ScriptedLoader(of),
  );
  const loader = new Loader({} as HlsConfig);
  const heard = new HeardCallbacks(() => loader);
  loader.load(contextFor(fragmentAt(details, at)), loaderConfig, heard.callbacks);
  ScriptedLoader.last.succeed(bytes, 200);
  media.dispatchEvent(new Event("playing"));
  for (let i = 0; i < 8; i++) await Promise.resolve();
  return heard;
}

/** Takes a buffer away, as hls.js does to send it to its worker. */
function detach({ heard }: HeardCallbacks): void {
  const [response] = heard[0]?.args ?? [];
  const { data } = response as { data: ArrayBuffer };
  structuredClone(data, { transfer: [data] });
  expect(data.byteLength).toBe(0);
}

function last(name: string): unknown {
  return told.filter(([other]) => other === name).pop()?.[1];
}

describe("what the swarm learns", () => {
  it("is the content by the manifest's path, and the path itself, without host and token", async () => {
    const details = readPlaylist(LIVE_EDGE);
    await play(begin({}, details).plugIn, details, 0);
    expect(identities).toEqual([{ contentId: "show/master", manifest: "/show/master.m3u8" }]);
  });

  it("is the content id that the integrator gives", async () => {
    const details = readPlaylist(LIVE_EDGE);
    await play(begin({ contentId: "tonight" }, details).plugIn, details, 0);
    expect(identities[0]?.contentId).toBe("tonight");
  });

  it("names segments under the integrator's media base", async () => {
    const details = readPlaylist(LIVE_EDGE);
    const { plugIn } = begin({ mediaBase: "https://elsewhere/show/v/" }, details);
    expect(plugIn.segmentOf(fragmentAt(details, 0))?.id).toBe(segmentIdOf("s7.m4s"));
  });

  it("is every segment that was listed, and what of them is played", async () => {
    const details = readPlaylist(LIVE_EDGE);
    await play(begin({}, details).plugIn, details, 1);
    expect((last("timeline") as TrackTimeline).segments).toHaveLength(3);
    expect(last("tracks")).toEqual([trackIdOf("v/init.mp4")]);
  });

  it("is a copy of what was played: hls.js' worker may detach the buffer it was given", async () => {
    const details = readPlaylist(LIVE_EDGE);
    const { plugIn } = begin({}, details);
    const heard = await play(plugIn, details, 0);
    detach(heard);
    detach(await play(plugIn, details, 1));
    const adopted = told.filter(([name]) => name === "adopt").map(([, of]) => (of as [string, ArrayBuffer])[1]);
    expect(adopted.length).toBeGreaterThan(0);
    for (const bytes of adopted) expect(new Uint8Array(bytes)).toEqual(new Uint8Array(bytesOf(100)));
  });
});

it("nothing but playback's own is loaded before the picture moves", async () => {
  const loadMesh = vi.spyOn(rim, "loadMesh");
  const details = readPlaylist(LIVE_EDGE);
  const { plugIn } = begin({}, details);
  const moving = media;
  media = new EventTarget();
  await play(plugIn, details, 0);
  expect(loadMesh).not.toHaveBeenCalled();
  moving.dispatchEvent(new Event("playing"));
  expect(loadMesh).toHaveBeenCalledTimes(1);
  loadMesh.mockRestore();
});

describe("tracks being played", () => {
  const audio = readPlaylist(
    LIVE_EDGE.map((line) => line.replace("init", "audio-init").replace(/^s/, "a")),
    { kind: "audio", url: "https://cdn/show/a/index.m3u8" },
  );

  it("are video and alternate audio, and video alone once audio comes with it", async () => {
    const details = readPlaylist(LIVE_EDGE);
    const { hls, plugIn } = begin({}, details);
    hls.tell(Hls.Events.AUDIO_TRACK_UPDATED, { details: audio });
    await play(plugIn, details, 0);
    await play(plugIn, audio, 0);
    expect(last("tracks")).toEqual([trackIdOf("v/init.mp4"), trackIdOf("a/audio-init.mp4")]);
    hls.tell(Hls.Events.AUDIO_TRACK_SWITCHING, { url: "https://cdn/show/b/index.m3u8" });
    expect(last("tracks")).toHaveLength(2);
    hls.tell(Hls.Events.AUDIO_TRACK_SWITCHING, { url: "" });
    expect(last("tracks")).toEqual([trackIdOf("v/init.mp4")]);
  });

  it("include alternate audio with hls.js 1.5, which has no event for an updated audio playlist", () => {
    const { hls, plugIn } = open({}, new FakeHls15());
    hls.tell(Hls.Events.MANIFEST_LOADED, { url: manifest });
    hls.tell(Hls15.Events.AUDIO_TRACK_LOADED, { details: audio });
    expect(plugIn.segmentOf(fragmentAt(audio, 0))?.id).toBe(segmentIdOf("a/a7.m4s"));
  });

  it("follow a switch of quality when its first segment is loaded, whatever the levels' indices are by then", async () => {
    const low = readPlaylist(LIVE_EDGE, { level: 0 });
    const high = readPlaylist(LIVE_EDGE, { level: 1, url: "https://cdn/show/hd/index.m3u8" });
    const { hls, plugIn } = begin({}, low);
    await play(plugIn, low, 0);
    hls.tell(Hls.Events.LEVEL_UPDATED, { details: high });
    expect(last("tracks")).toEqual([trackIdOf("v/init.mp4")]);
    for (const fragment of high.fragments) fragment.level = 0;
    hls.tell(Hls.Events.LEVELS_UPDATED, { levels: [] });
    await play(plugIn, high, 1);
    expect(last("tracks")).toEqual([trackIdOf("hd/init.mp4")]);
  });

  it("follow a new init segment as soon as the playlist that is played continues under it", async () => {
    const before = readPlaylist(LIVE_EDGE);
    const { hls, plugIn } = begin({}, before);
    await play(plugIn, before, 0);
    const lines = [...LIVE_EDGE, "#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="second.mp4"', "#EXTINF:4,", "n1.m4s"];
    hls.tell(Hls.Events.LEVEL_UPDATED, { details: readPlaylist(lines) });
    expect(last("tracks")).toEqual([trackIdOf("v/second.mp4")]);
  });
});

describe("another source on the same player", () => {
  it("leaves the old swarm, its tracks and its fragments, and joins the new one", async () => {
    const old = readPlaylist(LIVE_EDGE);
    const { hls, plugIn } = begin({}, old);
    await play(plugIn, old, 0);
    hls.tell(Hls.Events.MANIFEST_LOADED, { url: "https://cdn/other/master.m3u8" });
    expect(last("tracks")).toEqual([]);
    expect(told.map(([name]) => name)).toContain("close");
    expect(plugIn.segmentOf(fragmentAt(old, 0))).toBeNull();
    for (let i = 0; i < 8; i++) await Promise.resolve();
    expect(identities.map(({ contentId }) => contentId)).toEqual(["show/master", "other/master"]);
  });

  it("that is the same one again, after an error, stays in the swarm", async () => {
    const details = readPlaylist(LIVE_EDGE);
    const { hls, plugIn } = begin({}, details);
    await play(plugIn, details, 0);
    hls.tell(Hls.Events.MANIFEST_LOADED, { url: "https://cdn/show/master.m3u8?token=2" });
    expect(identities).toHaveLength(1);
    expect(last("tracks")).toEqual([trackIdOf("v/init.mp4")]);
  });
});

describe("the engine's own CDN requests", () => {
  const heard: unknown[] = [];
  const sink: CdnSink = {
    progress: () => {},
    done: (answer) => heard.push([answer.offset, answer.bytes.byteLength]),
    failed: (outcome) => heard.push(outcome),
  };
  beforeEach(() => {
    heard.length = 0;
  });

  it("go through the player's loader, for a segment that was listed and never loaded", () => {
    const details = readPlaylist(LIVE_EDGE);
    const { hls, plugIn } = begin({}, details);
    const segment = plugIn.segmentOf(fragmentAt(details, 2));
    if (!segment) throw new Error("The segment is listed.");
    plugIn.fetch(segment, { first: 100, last: 149 }, sink);
    const base = ScriptedLoader.last;
    expect(base.config).toBe(hls.config);
    expect(base.context).toMatchObject({ rangeStart: 100, rangeEnd: 150, responseType: "arraybuffer" });
    expect(base.context?.frag).toBe(fragmentAt(details, 2));
    base.succeed(bytesOf(50), 206);
    expect(heard).toEqual([[100, 50]]);
  });

  it("ask within the segment's own range where it is part of a file", () => {
    const details = readPlaylist(["#EXTINF:4,", "#EXT-X-BYTERANGE:1000@500", "all.ts"]);
    const { plugIn } = begin({}, details);
    const segment = plugIn.segmentOf(fragmentAt(details, 0));
    if (!segment) throw new Error("The segment is listed.");
    plugIn.fetch(segment, { first: 10, last: 19 }, sink);
    expect(ScriptedLoader.last.context).toMatchObject({ rangeStart: 510, rangeEnd: 520 });
    plugIn.fetch(segment, null, sink);
    expect(ScriptedLoader.last.context).toMatchObject({ rangeStart: 500, rangeEnd: 1500 });
  });

  it("go on for a segment that was loaded and has left its playlist, and fail softly for one nobody knows", async () => {
    const details = readPlaylist(LIVE_EDGE);
    const { hls, plugIn } = begin({}, details);
    const segment = plugIn.segmentOf(fragmentAt(details, 0));
    if (!segment) throw new Error("The segment is listed.");
    await play(plugIn, details, 0);
    hls.tell(Hls.Events.LEVEL_UPDATED, { details: readPlaylist(segments(9, 3)) });
    plugIn.fetch(segment, null, sink);
    expect(ScriptedLoader.last.context?.url).toBe(segment.url);
    plugIn.fetch({ ...segment, id: segmentIdOf("unknown") }, null, sink);
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual([null]);
  });
});

describe("where the player stands", () => {
  const ranges = (...pairs: readonly (readonly [number, number])[]): object => ({
    length: pairs.length,
    start: (at: number) => pairs[at]?.[0],
    end: (at: number) => pairs[at]?.[1],
  });

  it("is nowhere, with nothing buffered, while no media is attached", () => {
    expect(open().plugIn.state()).toEqual({ playheadMs: 0, bufferedAheadMs: 0, playbackRate: 1 });
  });

  it.each([
    ["what follows without a gap", 10, [[0, 20]], 10_000],
    [
      "what hls.js jumps to",
      10,
      [
        [0, 15],
        [15.1, 20],
        [25, 30],
      ],
      10_000,
    ],
    ["nothing after a seek", 50, [[0, 20]], 0],
    ["what begins a little after the playhead", 0, [[0.08, 6]], 6000],
  ] as const)("counts %s", (_what, currentTime, buffered, expected) => {
    const { hls, plugIn } = open();
    hls.media = { currentTime, playbackRate: 1, buffered: ranges(...buffered) };
    expect(plugIn.state().bufferedAheadMs).toBeCloseTo(expected, 0);
  });
});

it("says what it expects of the CDN only while hls.js would give up a load", () => {
  const { hls, plugIn } = open();
  hls.media = { currentTime: 0, playbackRate: 1, buffered: { length: 0 } };
  expect(plugIn.state().pace).toEqual({ rateBps: 3_000_000, ttfbMs: 60 });
  hls.loadLevel = hls.minAutoLevel;
  expect(plugIn.state().pace).toBeUndefined();
  hls.loadLevel = 2;
  hls.autoLevelEnabled = false;
  expect(plugIn.state().pace).toBeUndefined();
});

it("tells its own pace, and hls.js' default where hls.js has none", () => {
  const { hls, plugIn } = open();
  expect(plugIn.pace()).toEqual({ rateBps: 3_000_000, ttfbMs: 60 });
  hls.bandwidthEstimate = hls.ttfbEstimate = Number.NaN;
  expect(plugIn.pace()).toEqual({ rateBps: Hls.DefaultConfig.abrEwmaDefaultEstimate, ttfbMs: 100 });
});

it("a naming hook that throws costs sharing, never playback, and is told once", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const details = readPlaylist(LIVE_EDGE);
  const segmentId = (): string => {
    throw new Error("hook");
  };
  const { hls, plugIn } = begin({ segmentId }, details);
  hls.tell(Hls.Events.LEVEL_UPDATED, { details });
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
  const heard = await play(plugIn, details, 0);
  expect(heard.names).toEqual(["success"]);
});

it("what an integrator must not share is played and not kept", async () => {
  const details = readPlaylist(LIVE_EDGE);
  const { plugIn } = begin({ shareable: ({ url }) => !url.endsWith("s7.m4s") }, details);
  await play(plugIn, details, 0);
  await play(plugIn, details, 1);
  const adopted = told.filter(([name]) => name === "adopt").map(([, of]) => (of as [string])[0]);
  expect(adopted).toEqual([segmentIdOf("v/s8.m4s")]);
});

it("a shareable hook that throws costs sharing, never playback", async () => {
  const details = readPlaylist(LIVE_EDGE);
  const shareable = (): boolean => {
    throw new Error("hook");
  };
  const { plugIn } = begin({ shareable }, details);
  const heard = await play(plugIn, details, 0);
  expect(heard.names).toEqual(["success"]);
  expect(told.map(([name]) => name)).not.toContain("adopt");
});

it("closed, it knows no segment and leaves the swarm once", async () => {
  const details = readPlaylist(LIVE_EDGE);
  const { plugIn } = begin({}, details);
  await play(plugIn, details, 0);
  plugIn.close();
  plugIn.close();
  expect(told.filter(([name]) => name === "close")).toHaveLength(1);
  expect(plugIn.segmentOf(fragmentAt(details, 0))).toBeNull();
});
