import type { Homes } from "./network/plan.ts";
import type { DataOptions } from "./page/viewer-record.ts";
import { type Latency, LONG_LATENCY_S } from "./players.ts";

export const SCENARIOS = [
  "live",
  "start-up",
  "vod",
  "outage",
  "outage-half",
  "brown-out",
  "churn",
  "live-20s",
  "mixed",
  "two-isps",
  "mixed-access",
  "mixed-access-nat",
  "slow-uplinks",
] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** What goes wrong at the CDN for a while. */
export interface Trouble {
  readonly kind: "fails" | "brown-out";
  /** Share of the viewers that are hit. */
  readonly share: number;
  /** After the last join. */
  readonly afterMs: number;
  readonly lastsMs: number;
}

export interface Scenario {
  readonly name: ScenarioName;
  readonly about: string;
  readonly live: boolean;
  readonly latency: Latency;
  /** Options of hls.js for every player. */
  readonly hls: DataOptions;
  readonly trouble: Trouble | null;
  /** The oldest viewer is replaced so often once the run is steady; null: nobody leaves. */
  readonly replaceEveryMs: number | null;
  /** Viewers are pinned to the levels of the ladder in turn. */
  readonly mixedLevels: boolean;
  readonly isps: number;
  /** Lines and routers of the viewers, each in a network namespace of its own; null: all in the machine's own network. */
  readonly homes: Homes | null;
}

/** The run is steady so long after the last join. */
export const SETTLE_MS = 20_000;

// hls.js' default of 60 MB is made for 5 Mbit/s and more: here it would hold a whole film.
const scaled: DataOptions = { maxBufferSize: 6_000_000 };
const live = {
  live: true,
  latency: "ordinary",
  hls: scaled,
  trouble: null,
  replaceEveryMs: null,
  mixedLevels: false,
  isps: 1,
  homes: null,
} as const;
/** Each of two ISPs that viewers are in in turn has two of four on fibre, one on DSL, one on a mobile line. */
const mixedAccess = ["fibre", "fibre", "dsl", "dsl", "mobile", "mobile", "fibre", "fibre"] as const;
const cone = "cone";
const failing = { kind: "fails", share: 1, afterMs: 30_000, lastsMs: 20_000 } as const;

const scenarios: Readonly<Record<ScenarioName, Omit<Scenario, "name">>> = {
  live: { ...live, about: "live at each player's own latency" },
  "start-up": { ...live, about: "page loads in pairs beside a swarm, live" },
  vod: { ...live, live: false, about: "on demand" },
  outage: { ...live, trouble: failing, about: "the CDN answers no media request for 20 s" },
  "outage-half": {
    ...live,
    trouble: { ...failing, share: 0.5 },
    about: "the CDN answers no media request of half of the viewers for 20 s",
  },
  "brown-out": {
    ...live,
    trouble: { kind: "brown-out", share: 1, afterMs: 30_000, lastsMs: 40_000 },
    about: "the CDN sends in all half of what full quality needs, for 40 s",
  },
  churn: { ...live, replaceEveryMs: 6_000, about: "live; the oldest viewer is replaced every 6 s" },
  "live-20s": {
    ...live,
    latency: "20s",
    hls: { ...scaled, liveSyncDuration: LONG_LATENCY_S },
    about: `live, ${LONG_LATENCY_S} s behind the edge`,
  },
  mixed: { ...live, mixedLevels: true, about: "live; viewers pinned to the renditions in turn" },
  "two-isps": { ...live, isps: 2, about: "live; viewers in two ISPs in turn" },
  "mixed-access": {
    ...live,
    isps: 2,
    homes: { access: mixedAccess, nat: ["none"] },
    about: "live; two ISPs in turn, fibre 15/6, DSL 4.8/0.72 and mobile 6/1.5 Mbit/s, no NAT",
  },
  "mixed-access-nat": {
    ...live,
    isps: 2,
    homes: { access: mixedAccess, nat: [cone, cone, cone, cone, "symmetric", cone, cone, cone] },
    about: "live; the same lines, each viewer behind a NAT of its own, one of eight symmetric",
  },
  "slow-uplinks": {
    ...live,
    homes: { access: ["slow"], nat: ["none"] },
    about: "live; uplinks of 1.9 Mbit/s, 1.3 times what all need",
  },
};

export function scenarioOf(name: ScenarioName): Scenario {
  return { name, ...scenarios[name] };
}
