/** How a crowd behaves. Times are milliseconds; chances are a share of viewers. */
export interface Profile {
  /** How many of the candidates a viewer calls. */
  readonly pairs: number;
  /** A viewer changes its rendition every so often, on average. */
  readonly switchEveryMs: number;
  /** Free slots and other changes, on average. */
  readonly statusEveryMs: number;
  readonly reportEveryMs: number;
  /** Asks for more candidates every so often, on average. */
  readonly wantEveryMs: number;
  /** Average stay; it comes again at once, as another viewer. */
  readonly stayMs: number;
  /** How the crowd arrives within the ramp: evenly, or most of it early. */
  readonly arrival: "even" | "rush";
}

const BASE: Profile = {
  pairs: 5,
  switchEveryMs: 600_000,
  statusEveryMs: 300_000,
  reportEveryMs: 600_000,
  wantEveryMs: 900_000,
  stayMs: 3_600_000,
  arrival: "even",
};

export const PROFILES = {
  /** The start of a match: everybody at once, and they stay. */
  event: { ...BASE, arrival: "rush" },
  /** A channel on an ordinary evening. */
  steady: BASE,
  /** People who zap: half of them are gone within two minutes. */
  zapping: { ...BASE, stayMs: 170_000, switchEveryMs: 60_000, statusEveryMs: 60_000 },
  /** Chatty beyond what viewers are: finds limits. */
  stress: {
    ...BASE,
    stayMs: 30_000,
    switchEveryMs: 5_000,
    statusEveryMs: 2_000,
    wantEveryMs: 20_000,
    reportEveryMs: 10_000,
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;
export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];

/** When viewer `at` of `count` arrives, milliseconds after the start. */
export function arrivalMs(at: number, count: number, rampMs: number, arrival: Profile["arrival"]): number {
  const share = count <= 1 ? 0 : at / count;
  return rampMs * (arrival === "even" ? share : share ** 1.5);
}

/** A timer takes no more. */
const MOST_MS = 2 ** 31 - 1;

/** A waiting time whose average is `meanMs`, drawn as for events that do not know of each other. */
export const waitMs = (meanMs: number, random: () => number): number =>
  Math.min(MOST_MS, -Math.log(1 - random()) * meanMs);
