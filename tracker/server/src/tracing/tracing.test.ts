import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createLog } from "@shoal/sealer";
import { afterEach, expect, it } from "vitest";
import { startTracker } from "../tracker.ts";
import { joinOf, TestViewers } from "../viewers.fixture.ts";
import { NO_TRACING, openTracing } from "./tracing.ts";

const viewers = new TestViewers();
afterEach(() => viewers.close());

it("sends joins and assignments to a collector over OTLP, with the session that the viewer was told", async () => {
  const bodies: { readonly path: string; readonly text: string }[] = [];
  const collector = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    request.on("end", () => {
      bodies.push({ path: request.url ?? "", text });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const otlpEndpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const tracker = await startTracker(
    { host: "127.0.0.1", port: 0, open: true, otlpEndpoint, traceShare: 1_000, pod: "pod-7" },
    { writeLog: () => {} },
  );
  const { welcome } = await viewers.join(tracker.url, joinOf(1));
  await fetch(`${tracker.url}/v1/assign?content=live/a&peer=1`);
  viewers.close();
  // What was gathered is sent when the tracker ends.
  await tracker.close();
  collector.close();
  collector.closeAllConnections();
  expect(bodies.map(({ path }) => path)).toContain("/v1/traces");
  const spans = bodies.flatMap(({ text }) => spansOf(text));
  expect(spans.map(({ name }) => name).sort()).toEqual(["assign", "join"]);
  expect(spans.find(({ name }) => name === "join")?.attributes).toContainEqual({
    key: "session",
    value: { stringValue: welcome.session },
  });
  expect(bodies[0]?.text).toContain("pod-7");
});

it("makes none where no collector is configured, or none are wanted", async () => {
  const log = createLog("test", "silent");
  expect(await openTracing("", 1, { pod: "x" }, Math.random, log)).toBe(NO_TRACING);
  expect(await openTracing("http://127.0.0.1:9", 0, { pod: "x" }, Math.random, log)).toBe(NO_TRACING);
});

interface Span {
  readonly name: string;
  readonly attributes: readonly unknown[];
}

function spansOf(text: string): readonly Span[] {
  const { resourceSpans } = JSON.parse(text) as {
    readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
  };
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}
