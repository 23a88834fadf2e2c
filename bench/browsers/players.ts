import type { DataOptions } from "./page/viewer-record.ts";

/** Pages that are built, one for each kind of player. */
export const PAGES = ["plain", "shoal", "p2pml", "dash", "shoal-dash"] as const;
export type PageName = (typeof PAGES)[number];

/** Players that a run can compare, in the order of every table. */
export const PLAYERS = [
  "plain",
  "p2pml",
  "p2pml-worker",
  "p2pml-tuned",
  "shoal",
  "dash",
  "shoal-dash",
  "shoal-mixed",
] as const;
export type PlayerName = (typeof PLAYERS)[number];

/** How far behind the live edge a scenario plays. */
export type Latency = "ordinary" | "20s";

/** What distinguishes a player from plain hls.js. */
export interface PlayerSetUp {
  /** Of the viewers in turn. */
  readonly pages: readonly [PageName, ...PageName[]];
  /** What stands in tables. */
  readonly title: string;
  /** Which tracker its engine needs. */
  readonly tracker: "none" | "shoal" | "webtorrent";
  readonly worker: boolean;
  /** Options of hls.js that belong to the player's set-up, over the scenario's. */
  readonly hls: DataOptions;
  readonly engine: DataOptions;
}

/** The page of the nth viewer. */
export function pageOf({ pages }: Pick<PlayerSetUp, "pages">, viewer: number): PageName {
  return pages[viewer % pages.length] ?? pages[0];
}

/** The player of the nth viewer as it is without an engine. */
export function aloneOf(setUp: Pick<PlayerSetUp, "pages">, viewer: number): "plain" | "dash" {
  return pageOf(setUp, viewer).endsWith("dash") ? "dash" : "plain";
}

/** Latency that `live-20s` asks of every player, seconds. */
export const LONG_LATENCY_S = 20;

// p2p-media-loader 2.x hands hls.js the buffer it shares; the worker takes it away and the swarm serves empty segments.
// So its own rows are played without the worker, and `p2pml-worker` shows what the worker does to it.
export function setUpOf(player: PlayerName, latency: Latency): PlayerSetUp {
  const base = { worker: true, hls: {}, engine: {} };
  const p2pml = { ...base, pages: ["p2pml"], tracker: "webtorrent" } as const;
  switch (player) {
    case "plain":
      return { ...base, pages: ["plain"], title: "hls.js", tracker: "none" };
    case "shoal":
      return { ...base, pages: ["shoal"], title: "Shoal", tracker: "shoal" };
    case "dash":
      return { ...base, pages: ["dash"], title: "dash.js", tracker: "none" };
    case "shoal-dash":
      return { ...base, pages: ["shoal-dash"], title: "Shoal, dash.js", tracker: "shoal" };
    case "shoal-mixed":
      return { ...base, pages: ["shoal", "shoal-dash"], title: "Shoal, both", tracker: "shoal" };
    case "p2pml":
      return { ...p2pml, title: "p2p-media-loader", worker: false };
    case "p2pml-worker":
      return { ...p2pml, title: "p2pml, worker on" };
    case "p2pml-tuned":
      return { ...p2pml, title: "p2pml, tuned", worker: false, ...tuned(latency) };
  }
}

/** Found by hand: the urgent window well below the buffer, so that peers have time before HTTP must be asked. */
function tuned(latency: Latency): { readonly hls: DataOptions; readonly engine: DataOptions } {
  return latency === "ordinary"
    ? { hls: { liveSyncDurationCount: 3, maxBufferLength: 10 }, engine: { highDemandTimeWindow: 4 } }
    : { hls: { maxBufferLength: 16 }, engine: { highDemandTimeWindow: 5 } };
}
