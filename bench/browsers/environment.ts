import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import type { BenchOptions } from "./options.ts";
import { scenarioOf } from "./scenarios.ts";
import { CDN } from "./stage.ts";

/** What a figure depends on beside the code. */
export interface Environment {
  readonly facts: Readonly<Record<string, string | number>>;
  /** The same, to be read. */
  readonly lines: readonly string[];
}

export function environmentOf(options: BenchOptions, chromium: string): Environment {
  const { devDependencies } = createRequire(import.meta.url)("../package.json") as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const facts = {
    hlsJs: devDependencies["hls.js"] ?? "",
    dashJs: devDependencies.dashjs ?? "",
    p2pMediaLoader: devDependencies["p2p-media-loader-core"] ?? "",
    chromium,
    node: process.versions.node,
    cores: availableParallelism(),
    cdnLatencyMs: CDN.latencyMs,
    cdnBitsPerSecondPerResponse: CDN.bitsPerSecondPerResponse,
  };
  const { scenario, viewers, joinGapMs, seconds, repeats, pairs } = options;
  const { about } = scenarioOf(scenario);
  const length =
    scenario === "start-up" ? `${pairs} pairs` : `${seconds} s after the last join, ${repeats} of each player`;
  return {
    facts,
    lines: [
      `${scenario}: ${about}`,
      `${viewers} viewers, ${joinGapMs} ms between joins, ${length}`,
      `CDN ${facts.cdnLatencyMs} ms and ${facts.cdnBitsPerSecondPerResponse / 1e6} Mbit/s a response; 4 s segments, window of 24 s`,
      `hls.js ${facts.hlsJs}, dash.js ${facts.dashJs}, p2p-media-loader ${facts.p2pMediaLoader}, Chromium ${chromium}, Node ${facts.node}, ${facts.cores} cores`,
    ],
  };
}
