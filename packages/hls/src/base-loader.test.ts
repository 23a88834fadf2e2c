import type { CdnSink, CdnTask } from "@shoal/core";
import type { FragmentLoaderContext } from "hls.js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type BaseLoader, requestThrough, type SeenResponse } from "./base-loader.ts";
import { bytesOf, contextFor, loaderConfig, ScriptedLoader } from "./loader.fixture.ts";
import { fragmentAt, readPlaylist, segments } from "./playlist.fixture.ts";

const context = contextFor(fragmentAt(readPlaylist(segments(1, 1)), 0));
let heard: unknown[][];
let seen: SeenResponse[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  heard = [];
  seen = [];
  ScriptedLoader.made = [];
});
afterEach(() => vi.useRealTimers());

const sink: CdnSink = {
  progress: (...args) => heard.push(["progress", ...args]),
  done: (answer) => heard.push(["done", answer.bytes.byteLength, answer.whole]),
  failed: (outcome) => heard.push(["failed", outcome]),
};

function request(base: BaseLoader, part: { first: number; last: number } | null = null): CdnTask {
  const asked = { segmentRange: null, part };
  return requestThrough(base, { context, config: loaderConfig, asked, seen: (response) => seen.push(response) }, sink);
}

/** The response part of the error that the engine was told of last. */
function failure(): unknown {
  const [name, outcome] = heard[heard.length - 1] ?? [];
  return name === "failed" ? (outcome as { arguments: unknown[] }).arguments[0] : undefined;
}

function open(): ScriptedLoader {
  return new ScriptedLoader({} as never);
}

it("hands over the bytes, and what the response said beside them", () => {
  const base = open();
  request(base);
  base.succeed(bytesOf(5), 200);
  expect(heard).toEqual([["done", 5, true]]);
  expect(seen[0]).toMatchObject({ url: `${context.url}&redirected`, code: 200, networkDetails: base.details });
});

it("reports an error and a timeout with the loader's own arguments", () => {
  const failing = open();
  request(failing);
  failing.fail(404);
  const args = [{ code: 404, text: "no" }, context, failing.details, failing.stats];
  expect(heard.pop()).toEqual(["failed", { kind: "error", arguments: args }]);
  const late = open();
  request(late);
  late.timeOut();
  expect(heard.pop()).toEqual(["failed", { kind: "timeout", arguments: [late.stats, context, late.details] }]);
});

it("tells the engine how far it is, from the statistics that hls.js' loaders keep", () => {
  const base = open();
  request(base);
  vi.advanceTimersByTime(200);
  base.stats.loaded = 10;
  vi.advanceTimersByTime(200);
  base.stats.loaded = 30;
  base.stats.total = 50;
  vi.advanceTimersByTime(200);
  expect(heard).toEqual([
    ["progress", 10, null],
    ["progress", 30, 50],
  ]);
  base.succeed(bytesOf(50), 200);
  expect(vi.getTimerCount()).toBe(0);
});

it("looks no further once it is aborted or has failed", () => {
  request(open()).abort();
  const failing = open();
  request(failing);
  failing.fail(500);
  expect(vi.getTimerCount()).toBe(0);
});

it("an aborted request ends its loader, says nothing more and leaves the statistics as they were", () => {
  const base = open();
  const { stats } = base;
  const task = request(base);
  const { callbacks } = base;
  stats.loaded = 12;
  task.abort();
  task.abort();
  callbacks?.onSuccess({ url: context.url, data: bytesOf(5), code: 200 }, stats, context, null);
  expect(heard).toEqual([]);
  expect(base.destroyed).toBe(1);
  expect(stats).toMatchObject({ aborted: false, loaded: 12 });
});

it("aborts a loader that shows its statistics through a getter alone", () => {
  const base = open();
  const stats = base.stats;
  Object.defineProperty(base, "stats", { get: () => stats });
  base.destroy = () => {
    base.destroyed++;
  };
  expect(() => request(base).abort()).not.toThrow();
  expect(base.destroyed).toBe(1);
});

it("a loader that answers before it returns is heard after, and not if it was aborted meanwhile", async () => {
  class Hasty extends ScriptedLoader {
    override load(...args: Parameters<ScriptedLoader["load"]>): void {
      super.load(...args);
      this.succeed(bytesOf(3), 200);
    }
  }
  request(new Hasty({} as never));
  expect(heard).toEqual([]);
  await Promise.resolve();
  expect(heard).toEqual([["done", 3, true]]);
  request(new Hasty({} as never)).abort();
  await Promise.resolve();
  expect(heard).toHaveLength(1);
});

it("a loader that throws is an HTTP error like any, never an exception in the engine", async () => {
  const base = open();
  base.stats.loading.start = 1;
  request(base);
  await Promise.resolve();
  expect(failure()).toEqual({ code: 0, text: "Loader can only be used once." });
});

it("statistics of an object that the player does not watch are copied to the one it does", () => {
  const base = open();
  const watched = base.stats;
  request(base);
  base.stats = structuredClone(base.stats);
  base.succeed(bytesOf(5), 200);
  expect(watched).toMatchObject({ loaded: 5, total: 5 });
  expect(watched.loading.end).toBeGreaterThan(0);
});

it("takes the bytes of a view, and of another frame's ArrayBuffer, and refuses what is neither", () => {
  const viewed = open();
  request(viewed);
  viewed.succeed(new Uint8Array(bytesOf(9), 2, 4) as unknown as ArrayBuffer, 200);
  expect(heard.pop()).toEqual(["done", 4, true]);
  const text = open();
  request(text);
  text.succeed("<html>" as unknown as ArrayBuffer, 200);
  expect(failure()).toMatchObject({ code: 0 });
});

it("reads the status from the request where the loader gives none", () => {
  const base = open();
  request(base, { first: 4, last: 9 });
  base.details.status = 206;
  base.succeed(bytesOf(3));
  expect(heard).toEqual([["done", 3, false]]);
});

it("a part of which nobody can tell what it is counts as failed", () => {
  const base = open();
  request(base, { first: 4, last: 9 });
  base.succeed(bytesOf(3));
  expect(failure()).toMatchObject({ code: 0 });
});

it("keeps the context that hls.js made", () => {
  const base = open();
  request(base);
  expect(base.context as FragmentLoaderContext).toBe(context);
});
