import Hls, { type FragmentLoaderContext, type HlsConfig } from "hls.js";
import Hls15 from "hls.js-1.5";
import Hls16 from "hls.js-1.6";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BaseLoader } from "./base-loader.ts";
import * as shoal from "./index.ts";
import { withShoal } from "./index.ts";
import { bytesOf, contextFor, HeardCallbacks, loaderConfig, ScriptedLoader } from "./loader.fixture.ts";
import { fragmentAt, readPlaylist, segments } from "./playlist.fixture.ts";

/** hls.js declares no types for this entry. */
const light: string = "hls.js/light";
const { default: HlsLight } = (await import(light)) as { default: typeof Hls };
const VERSIONS: [string, typeof Hls][] = [
  ["1.7", Hls],
  ["1.7 light", HlsLight],
  ["1.6", Hls16 as unknown as typeof Hls],
  ["1.5", Hls15 as unknown as typeof Hls],
];
const Scripted = ScriptedLoader as unknown as HlsConfig["loader"];
const tracker = "https://tracker.example";

let players: { destroy(): void }[];
beforeEach(() => {
  players = [];
  ScriptedLoader.made = [];
});
afterEach(() => {
  for (const player of players) player.destroy();
});

function open(config: shoal.HlsConfigWithShoal, HlsClass: typeof Hls = Hls): InstanceType<shoal.WithShoal<typeof Hls>> {
  const player = new (withShoal(HlsClass))(config);
  players.push(player);
  return player;
}

/** What hls.js does to load a fragment with a player's own configuration. */
function loadWith(config: HlsConfig, overrides: object = {}): { loader: BaseLoader; heard: HeardCallbacks } {
  const Loader = (config.fLoader ?? config.loader) as unknown as new (config: HlsConfig) => BaseLoader;
  const loader = new Loader({ ...config, ...overrides } as HlsConfig);
  const heard = new HeardCallbacks(() => loader);
  const frag = fragmentAt(readPlaylist(segments(1, 1)), 0);
  loader.load(contextFor(frag) as FragmentLoaderContext, loaderConfig, heard.callbacks);
  return { loader, heard };
}

describe.each(VERSIONS)("with hls.js %s", (_name, HlsClass) => {
  it("makes a player that is one of the given class, which stays as it was", () => {
    const before = { ...Object.getOwnPropertyDescriptors(HlsClass) };
    const prototype = { ...Object.getOwnPropertyDescriptors(HlsClass.prototype) };
    const Sharing = withShoal(HlsClass);
    expect(open({ shoal: { tracker } }, HlsClass)).toBeInstanceOf(HlsClass);
    expect(Object.getOwnPropertyDescriptors(HlsClass)).toEqual(before);
    expect(Object.getOwnPropertyDescriptors(HlsClass.prototype)).toEqual(prototype);
    expect(Sharing.Events).toBe(HlsClass.Events);
    expect(Sharing.version).toBe(HlsClass.version);
    expect(new HlsClass().config.fLoader).toBeUndefined();
  });

  it("has no handle and changes nothing where the options do not ask for Shoal", () => {
    const player = open({ maxBufferLength: 12 }, HlsClass);
    expect(player.shoal).toBeNull();
    expect(player.config.fLoader).toBeUndefined();
    expect(player.config.maxBufferLength).toBe(12);
  });

  it("intercepts media alone: playlists, keys and licences keep their loader", () => {
    const { config } = open({ shoal: { tracker } }, HlsClass);
    expect(config.loader).toBe(HlsClass.DefaultConfig.loader);
    expect(config.pLoader).toBeUndefined();
    expect(config.fLoader).toBeDefined();
    expect("shoal" in config).toBe(false);
  });

  it("leaves the swarm when the player is destroyed, also twice", () => {
    const player = open({ shoal: { tracker } }, HlsClass);
    const heard: unknown[] = [];
    player.shoal?.on("sharing", (reason) => heard.push(reason));
    player.destroy();
    expect(() => player.destroy()).not.toThrow();
    player.shoal?.pause();
    expect(heard, "a session that ended says nothing more").toEqual([]);
  });
});

describe("the CDN is asked", () => {
  it("with the integrator's loader", () => {
    const { heard } = loadWith(open({ loader: Scripted, shoal: { tracker } }).config);
    ScriptedLoader.last.succeed(bytesOf(5), 200);
    expect(heard.names).toEqual(["success"]);
  });

  it("with the integrator's fLoader rather than its loader, as hls.js would", () => {
    class Other extends ScriptedLoader {}
    loadWith(open({ loader: Scripted, fLoader: Other as never, shoal: { tracker } }).config);
    expect(ScriptedLoader.made).toEqual([expect.any(Other)]);
  });

  it("with the fLoader of DefaultConfig", () => {
    class Mine extends Hls {}
    const defaults = { ...Hls.DefaultConfig, fLoader: Scripted as never };
    Object.defineProperty(Mine, "DefaultConfig", { value: defaults });
    loadWith(open({ shoal: { tracker } }, Mine).config);
    expect(ScriptedLoader.made).toHaveLength(1);
  });

  it("with the loader that hls.js chose since: it takes another one for progressive loading", () => {
    loadWith(open({ shoal: { tracker } }).config, { loader: Scripted });
    expect(ScriptedLoader.made).toHaveLength(1);
  });

  it("with xhrSetup and fetchSetup where the integrator left them: in the configuration its loader is made with", () => {
    const xhrSetup = (): void => {};
    loadWith(open({ loader: Scripted, xhrSetup, shoal: { tracker } }).config);
    expect(ScriptedLoader.last.config.xhrSetup).toBe(xhrSetup);
  });

  it("by CMCD's loader around ours, so that CMCD is told of every fragment", () => {
    const { config } = open({ loader: Scripted, cmcd: {}, shoal: { tracker } });
    expect((config.fLoader as { name?: string }).name).toContain("Cmcd");
    const { heard } = loadWith(config);
    ScriptedLoader.last.succeed(bytesOf(5), 200);
    expect(heard.names).toEqual(["success"]);
  });
});

it("plays interstitials plainly: they are made from the primary's options, with an id", () => {
  const { userConfig } = open({ loader: Scripted, shoal: { tracker } });
  const asset = new Hls({ ...userConfig, assetPlayerId: "ad" } as Partial<HlsConfig>);
  players.push(asset);
  const { heard } = loadWith(asset.config);
  ScriptedLoader.last.fail(404);
  expect(heard.names).toEqual(["error"]);
});

describe("a wrong option", () => {
  it.each([
    [{ tracker: 7 }, '"tracker" must be an http(s) URL'],
    [{ traker: tracker }, 'there is no option "traker"'],
    [{ tracker, sharing: "some" }, '"sharing" must be'],
    [{ tracker, mediaBase: "/show" }, '"mediaBase" must be'],
  ])("%j throws a ShoalError that names it, before there is a player", (options, message) => {
    let made = 0;
    class Counting extends Hls {
      constructor(config?: Partial<HlsConfig>) {
        super(config);
        made++;
      }
    }
    const attempt = (): unknown => new (withShoal(Counting))({ shoal: options as never });
    expect(attempt).toThrow(shoal.ShoalError);
    expect(attempt).toThrow(message);
    expect(made).toBe(0);
  });
});

describe("the handle", () => {
  it("changes consent at any time, and says why nothing is shared", () => {
    const { shoal: handle } = open({ shoal: { tracker, sharing: "off" } });
    expect(handle?.sharing).toBe("off");
    expect(handle?.stats().offReason).toBe("option");
    const reasons: unknown[] = [];
    const stop = handle?.on("sharing", (reason) => reasons.push(reason));
    if (handle) handle.sharing = "download";
    expect(handle?.sharing).toBe("download");
    handle?.pause();
    expect(handle?.stats().offReason).toBe("paused");
    stop?.();
    handle?.resume();
    expect(reasons).toEqual([expect.anything(), "paused"]);
  });
});
