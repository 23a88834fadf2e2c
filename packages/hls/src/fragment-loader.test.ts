import type { Delivery, LoadRequest, Segment } from "@shoal/core";
import { SegmentNames } from "@shoal/core";
import { type SegmentId, segmentIdOf } from "@shoal/protocol/names";
import type { Fragment, FragmentLoaderContext, HlsConfig } from "hls.js";
import { beforeEach, describe, expect, it } from "vitest";
import type { BaseLoader } from "./base-loader.ts";
import { fragmentLoaderClass, type LoaderOwner } from "./fragment-loader.ts";
import { bytesOf, contextFor, HeardCallbacks, loaderConfig, ScriptedLoader } from "./loader.fixture.ts";
import { fragmentAt, readPlaylist, segments } from "./playlist.fixture.ts";
import { Playlists } from "./playlists.ts";

const fromPeers: Delivery = { cdnBytes: 0, peerBytes: 5, rateBps: 4_000_000, plain: false };
const fromCdn: Delivery = { cdnBytes: 5, peerBytes: 0, rateBps: null, plain: true };

let requests: LoadRequest[];
let loadedTracks: [Segment, Fragment][];
let aborted: number;
let playlists: Playlists;
let owner: LoaderOwner | null;

beforeEach(() => {
  requests = [];
  loadedTracks = [];
  aborted = 0;
  ScriptedLoader.made = [];
  playlists = new Playlists(new SegmentNames({ mediaBase: "/show/", segmentId: null }));
  owner = {
    session: {
      load: (request) => {
        requests.push(request);
        return { abort: () => aborted++ };
      },
    },
    segmentOf: (fragment) => playlists.segmentOf(fragment),
    pace: () => ({ rateBps: 1_000_000, ttfbMs: 80 }),
    loads: (...args) => loadedTracks.push(args),
  };
});

interface Loading {
  readonly loader: BaseLoader;
  readonly heard: HeardCallbacks;
  readonly context: FragmentLoaderContext;
}

function fragment(kind = "main", lines: readonly string[] = segments(1, 1)): Fragment {
  const details = readPlaylist(lines, { kind });
  playlists.update(details);
  return fragmentAt(details, 0);
}

/** Begins a load as hls.js' FragmentLoader does. */
function begin(
  frag: Fragment = fragment(),
  {
    config = {},
    overrides = {},
    progressive = false,
  }: { config?: object; overrides?: Partial<FragmentLoaderContext>; progressive?: boolean } = {},
): Loading {
  const Loader = fragmentLoaderClass(
    () => owner,
    (of: HlsConfig) => new ScriptedLoader(of),
  );
  const loader = new Loader(config as HlsConfig);
  const heard = new HeardCallbacks(() => loader);
  const context = contextFor(frag, overrides);
  const callbacks = progressive ? { ...heard.callbacks, onProgress: () => {} } : heard.callbacks;
  loader.load(context, loaderConfig, callbacks);
  return { loader, heard, context };
}

function only(): LoadRequest {
  const [request] = requests;
  if (!request || requests.length > 1) throw new Error(`There are ${requests.length} loads, not one.`);
  return request;
}

/** The engine lets the load's own CDN request start, and hands over what it brings as it is. */
function letCdn(): { abort(): void } {
  const { fetch, sink } = only();
  return fetch({
    progress: sink.progress,
    done: ({ bytes }) => sink.done(bytes, fromCdn),
    failed: sink.failed,
  });
}

describe("what goes through the engine", () => {
  it("is a media fragment of the main player, by the name of its segment", () => {
    const { context } = begin();
    expect(only().segment.id).toBe(segmentIdOf("v/s1.m4s"));
    expect(loadedTracks).toEqual([[only().segment, context.frag]]);
    expect(ScriptedLoader.last.loads).toBe(0);
  });

  it("keeps CMCD out of the name and on the CDN request", () => {
    begin(fragment(), { overrides: { url: "https://cdn/show/v/s1.m4s?CMCD=bl%3D100" } });
    expect(only().segment.id).toBe(segmentIdOf("v/s1.m4s"));
    letCdn();
    expect(ScriptedLoader.last.context?.url).toContain("?CMCD=");
  });

  it("includes encrypted fragments and their ranges, as ciphertext by the playlist's range", () => {
    const key = '#EXT-X-KEY:METHOD=AES-128,URI="key.bin",IV=0x00000000000000000000000000000001';
    begin(fragment("main", [key, "#EXTINF:4,", "#EXT-X-BYTERANGE:160@32", "all.ts"]));
    expect(only().segment.id).toBe(segmentIdOf("v/all.ts#32-191"));
  });

  it("includes what hls.js 1.5 loads: it gives an onProgress with everything", () => {
    begin(fragment(), { progressive: true });
    expect(requests).toHaveLength(1);
  });

  it("includes alternate audio", () => {
    begin(fragment("audio"));
    expect(requests).toHaveLength(1);
  });
});

describe("what is loaded as the player alone would", () => {
  const other = { id: "" as SegmentId };
  it.each<[string, () => Parameters<typeof begin>]>([
    ["subtitles", () => [fragment("subtitle")]],
    ["an init segment", () => [fragment().initSegment as Fragment]],
    ["an LL-HLS part", () => [fragment(), { overrides: { part: other as never } }]],
    ["an interstitial's media", () => [fragment(), { config: { assetPlayerId: "ad-1" } }]],
    ["a fragment that no playlist of this player lists", () => [fragmentAt(readPlaylist(segments(1, 1)), 0)]],
    ["a range that hls.js widened to decrypt it", () => [fragment(), { overrides: { rangeStart: 0, rangeEnd: 64 } }]],
    ["progressive loading", () => [fragment(), { config: { progressive: true }, progressive: true }]],
  ])("is %s", (_what, given) => {
    const { heard, context, loader } = begin(...given());
    expect(requests).toEqual([]);
    const base = ScriptedLoader.last;
    const { stats } = base;
    expect(base.context).toBe(context);
    base.succeed(bytesOf(5), 200);
    expect(heard.heard[0]?.args.slice(1)).toEqual([stats, context, base.details]);
    expect(loader.stats).toBe(stats);
  });

  it("is everything while there is no plug-in yet", () => {
    owner = null;
    begin();
    expect(ScriptedLoader.last.loads).toBe(1);
  });

  it("is aborted as the player alone would", () => {
    const { loader, heard } = begin(fragment("subtitle"));
    loader.abort();
    expect(heard.names).toEqual(["abort"]);
    expect(loader.stats.aborted).toBe(true);
  });
});

describe("statistics", () => {
  it("are one object for life, the base loader's own: hls.js takes hold of it before the load", () => {
    const { loader } = begin();
    const { stats } = loader;
    expect(stats).toBe(ScriptedLoader.last.stats);
    letCdn();
    expect(ScriptedLoader.last.stats).toBe(stats);
    ScriptedLoader.last.succeed(bytesOf(5), 200);
    expect(loader.stats).toBe(stats);
    expect(stats.loaded).toBe(5);
  });

  it("say at once that the load has begun, or the abandon rule would see an endless request", () => {
    expect(begin().loader.stats.loading.start).toBeGreaterThan(0);
  });

  it("are rewound for the CDN request, which insists on being first", () => {
    const { loader } = begin();
    only().sink.progress(3, 9);
    expect(() => letCdn()).not.toThrow();
    expect(loader.stats).toMatchObject({ loaded: 0, total: 0, loading: { first: 0 } });
    expect(ScriptedLoader.last.loads).toBe(1);
  });

  it("show what peers bring while they bring it, so that the abandon rule stays alive", () => {
    const { stats } = begin().loader;
    only().sink.progress(0, null);
    expect(stats).toMatchObject({ loaded: 0, total: 0, loading: { first: 0 } });
    only().sink.progress(3, 9);
    const { first } = stats.loading;
    expect(first).toBeGreaterThanOrEqual(stats.loading.start);
    only().sink.progress(6, 9);
    expect(stats).toMatchObject({ loaded: 6, total: 9, loading: { first } });
  });

  it("tell the rate that the next segment can count on, never memory speed", () => {
    const { stats } = begin().loader;
    only().sink.done(bytesOf(50_000), fromPeers);
    const { start, first, end } = stats.loading;
    expect((50_000 * 8000) / (end - first)).toBeCloseTo(4_000_000, -2);
    expect(first - start).toBeCloseTo(80);
    expect(stats).toMatchObject({ loaded: 50_000, total: 50_000, aborted: false });
  });

  it("tell the player's own estimate back to it where the engine knows no rate", () => {
    const { stats } = begin().loader;
    only().sink.done(bytesOf(50_000), { ...fromPeers, rateBps: null });
    expect((50_000 * 8000) / (stats.loading.end - stats.loading.first)).toBeCloseTo(1_000_000, -2);
  });

  it("tell a slow rate of a page that was opened a moment ago as it is", () => {
    const { stats } = begin().loader;
    only().sink.done(bytesOf(1_000_000), { ...fromPeers, rateBps: 1000 });
    expect((1_000_000 * 8000) / (stats.loading.end - stats.loading.first)).toBeCloseTo(1000, 0);
  });

  it("of a plain CDN answer are the CDN request's own", () => {
    const { stats } = begin().loader;
    letCdn();
    const { start } = stats.loading;
    ScriptedLoader.last.succeed(bytesOf(5), 200);
    expect(stats.loading.start).toBe(start);
    expect(stats.loading.end).toBeGreaterThanOrEqual(start);
  });

  it("are not marred by a CDN request that peers overtook", () => {
    const { loader, heard } = begin();
    const cdn = letCdn();
    const base = ScriptedLoader.last;
    const { stats } = base;
    // The worst case: a loader that does not let go of its statistics, and marks them as it is ended.
    Object.defineProperty(base, "stats", { get: () => stats });
    base.destroy = () => {
      base.destroyed++;
      stats.aborted = true;
    };
    cdn.abort();
    only().sink.done(bytesOf(5), fromPeers);
    expect(base.destroyed).toBe(1);
    expect(heard.names).toEqual(["success"]);
    expect(loader.stats).toMatchObject({ aborted: false, loaded: 5 });
  });
});

describe("an answer", () => {
  it("from peers looks like one from the CDN, but for the network's details", () => {
    const { heard, context, loader } = begin();
    const data = bytesOf(5);
    only().sink.done(data, fromPeers);
    expect(heard.heard).toEqual([
      { name: "success", args: [{ url: context.url, data, code: 200 }, loader.stats, context, null] },
    ]);
  });

  it("from peers to a range has a range's status", () => {
    const { heard } = begin(fragment("main", ["#EXTINF:4,", "#EXT-X-BYTERANGE:5@0", "all.ts"]));
    only().sink.done(bytesOf(5), fromPeers);
    expect(heard.heard[0]?.args[0]).toMatchObject({ code: 206 });
  });

  it("from the CDN carries what the CDN said", () => {
    const { heard, context, loader } = begin();
    letCdn();
    const { details } = ScriptedLoader.last;
    const data = bytesOf(5);
    ScriptedLoader.last.succeed(data, 200);
    const response = { url: `${context.url}&redirected`, data, code: 200 };
    expect(heard.heard).toEqual([{ name: "success", args: [response, loader.stats, context, details] }]);
  });

  it("that fails is only ever the CDN's own, with its arguments", () => {
    const failing = begin();
    letCdn();
    const { details, stats } = ScriptedLoader.last;
    ScriptedLoader.last.fail(404);
    expect(failing.heard.heard).toEqual([
      { name: "error", args: [{ code: 404, text: "no" }, failing.context, details, stats] },
    ]);
    requests = [];
    const late = begin();
    letCdn();
    const base = ScriptedLoader.last;
    const lateStats = base.stats;
    base.timeOut();
    expect(late.heard.heard).toEqual([{ name: "timeout", args: [lateStats, late.context, base.details] }]);
  });

  it("is given once, and survives being destroyed from inside it", () => {
    const { heard, loader } = begin();
    only().sink.done(bytesOf(5), fromPeers);
    only().sink.done(bytesOf(5), fromPeers);
    only().sink.failed({ kind: "error", arguments: [] });
    loader.abort();
    expect(heard.names).toEqual(["success"]);
    expect(ScriptedLoader.last.destroyed).toBe(1);
  });
});

describe("abort and destroy", () => {
  it("abort ends the load, marks the statistics and says so once, even when it is called from inside", () => {
    const { loader, heard, context } = begin();
    loader.abort();
    loader.abort();
    expect(heard.heard).toEqual([{ name: "abort", args: [loader.stats, context, null] }]);
    expect(loader.stats.aborted).toBe(true);
    expect(aborted).toBe(1);
    only().sink.done(bytesOf(5), fromPeers);
    expect(heard.names).toEqual(["abort"]);
  });

  it("destroy in the middle is silent, ends the load and the base loader once", () => {
    const { loader, heard } = begin();
    loader.destroy();
    loader.destroy();
    only().sink.done(bytesOf(5), fromPeers);
    only().sink.failed({ kind: "error", arguments: [] });
    expect(heard.names).toEqual([]);
    expect(aborted).toBe(1);
    expect(ScriptedLoader.last.destroyed).toBe(1);
    expect(loader.stats.aborted, "as a request cut in the middle says").toBe(true);
  });

  it("destroy after success leaves the statistics that the bandwidth is read from", () => {
    const { stats } = begin().loader;
    only().sink.done(bytesOf(5), fromPeers);
    expect(stats).toMatchObject({ aborted: false, loaded: 5 });
  });

  it("a loader is used once", () => {
    const { loader, context, heard } = begin();
    expect(() => loader.load(context, loaderConfig, heard.callbacks)).toThrow("only be used once");
  });
});

it("passes on what the base loader knows of its response's headers", () => {
  const { loader } = begin();
  expect(loader.getCacheAge?.()).toBe(7);
  expect(loader.getResponseHeader?.("retry-after")).toBe("retry-after of this");
  loader.destroy();
  expect(loader.getCacheAge?.()).toBeNull();
});
