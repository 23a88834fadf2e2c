import type { CdnSink, LoadRequest, Segment } from "@shoal/core";
import { segmentIdOf } from "@shoal/protocol/names";
import { beforeEach, expect, it } from "vitest";
import type { FragmentRequest, MediaRequest, MediaResponse, NetLoader } from "./dash-types.ts";
import { type ExtensionOwner, loaderExtension } from "./loader-extension.ts";

const segment = { id: segmentIdOf("v/1.m4s"), range: null } as Segment;
const bytes = new Uint8Array(100_000).buffer;

let asked: LoadRequest[];
let plain: MediaRequest[];
let heard: string[];
let reports: { loaded?: number; total?: number; time?: number }[];
let rateBps: number | null;
let sink: CdnSink | null;
let waiting: Set<string>;

/** A loader with Shoal's extension, put together as dash.js does it. */
function makeLoader(overrides: Partial<ExtensionOwner> = {}): NetLoader {
  const parent: NetLoader = { load: (request) => plain.push(request), abort: () => {}, reset: () => {} };
  const owner: ExtensionOwner = {
    session: {
      load: (request) => {
        asked.push(request);
        return { abort: () => heard.push("task aborted") };
      },
    },
    extended: () => {},
    segmentOf: ({ customData }) => (customData.request.type === "MediaSegment" ? segment : null),
    isComplete: () => true,
    loads: () => {},
    adopt: () => {},
    fetchWhole: (_segment, _request, given) => {
      sink = given;
      return { abort: () => {} };
    },
    pace: () => ({ rateBps, latencyMs: 50 }),
    cacheLimitMs: () => 0,
    ...overrides,
  };
  const factory = { getClassFactoryByName: () => () => ({ create: () => parent }), getSingletonInstance: () => null };
  const extension = loaderExtension(owner, waiting).call({ parent, context: {}, factory });
  return Object.assign(parent, extension);
}

function requestOf(type = "MediaSegment"): MediaRequest {
  const request = { type, mediaType: "video", url: "https://cdn.example/v/1.m4s", range: null } as FragmentRequest;
  return {
    url: request.url,
    method: "GET",
    headers: {},
    customData: {
      request: { ...request, traces: [] },
      onprogress: (report) => reports.push(report),
      onloadend: () => heard.push("end"),
      onabort: () => heard.push("abort"),
    },
  };
}

const response = (): MediaResponse => ({ status: 0 });
const fromPeers = { cdnBytes: 0, peerBytes: 100_000, rateBps: 4_000_000, plain: false };

beforeEach(() => {
  asked = [];
  plain = [];
  heard = [];
  reports = [];
  rateBps = null;
  sink = null;
  waiting = new Set();
});

it("what is no media goes to dash.js' own loader, which does not call itself", () => {
  const request = requestOf("InitializationSegment");
  makeLoader().load(request, response());
  expect(plain).toEqual([request]);
  expect(asked).toEqual([]);
});

it("a segment from peers is a success like any other, at the rate that can be counted on", () => {
  const request = requestOf();
  const into = response();
  makeLoader().load(request, into);
  asked[0]?.sink.done(bytes, fromPeers);
  expect(heard).toEqual(["end"]);
  expect(into).toMatchObject({ status: 200, data: bytes, headers: {} });
  const [, sample] = reports;
  expect(reports).toHaveLength(2);
  expect(((sample?.loaded ?? 0) * 8) / (sample?.time ?? 0)).toBeCloseTo(4_000);
});

it("without any rate there is no sample, rather than a false one", () => {
  makeLoader().load(requestOf(), response());
  asked[0]?.sink.done(bytes, { ...fromPeers, rateBps: null });
  expect(heard).toEqual(["end"]);
  expect(reports).toEqual([]);
});

it("an abort ends the load and is said once, to what dash.js left of its callbacks", () => {
  const request = requestOf();
  makeLoader().load(request, response());
  request.customData.onloadend = undefined;
  request.customData.onprogress = undefined;
  request.customData.abort?.();
  request.customData.abort?.();
  asked[0]?.sink.done(bytes, fromPeers);
  expect(heard).toEqual(["task aborted", "abort"]);
});

it("a loader that is torn down says nothing more", () => {
  const loader = makeLoader();
  loader.load(requestOf(), response());
  loader.reset();
  asked[0]?.sink.done(bytes, fromPeers);
  expect(heard).toEqual(["task aborted"]);
});

it.each<[string, (loader: NetLoader, request: MediaRequest) => void]>([
  ["its end", () => asked[0]?.sink.done(bytes, fromPeers)],
  ["a failure", () => asked[0]?.sink.failed(null)],
  ["an abort", (_loader, { customData }) => customData.abort?.()],
  ["a teardown", (loader) => loader.reset()],
])("the player waits for a whole segment until %s", (_what, end) => {
  const loader = makeLoader();
  const request = requestOf();
  loader.load(request, response());
  expect([...waiting]).toEqual(["video"]);
  end(loader, request);
  expect(waiting.size).toBe(0);
});

it("a failure is the CDN's own, as it came", () => {
  const into = response();
  makeLoader().load(requestOf(), into);
  asked[0]?.sink.failed({ response: { status: 404, url: "https://cdn.example/x" }, timedOut: null });
  expect(heard).toEqual(["end"]);
  expect(into).toMatchObject({ status: 404, url: "https://cdn.example/x" });
});

it("the whole segment is asked for as dash.js asks for it", () => {
  makeLoader().load(requestOf(), response());
  const given: CdnSink = { progress: () => {}, done: () => {}, failed: () => {} };
  asked[0]?.fetch(given);
  expect(sink).toBe(given);
});

it("a segment that is still being made goes through, chunk by chunk, and is kept once it is whole", () => {
  const adopted: number[] = [];
  const loader = makeLoader({ isComplete: () => false, adopt: (_segment, { byteLength }) => adopted.push(byteLength) });
  const into = response();
  loader.load(requestOf(), into);
  const [sent] = plain;
  sent?.customData.onprogress?.({ lengthComputable: false, noTrace: true, data: new ArrayBuffer(70) });
  Object.assign(into, { status: 200, data: new ArrayBuffer(30) });
  sent?.customData.onloadend?.();
  expect(heard).toEqual(["end"]);
  expect(reports).toHaveLength(1);
  expect(adopted).toEqual([100]);
});
