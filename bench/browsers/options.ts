import { parseArgs } from "node:util";
import { PLAYERS, type PlayerName } from "./players.ts";
import { SCENARIOS, type ScenarioName, scenarioOf } from "./scenarios.ts";
import { leastSeconds } from "./timetable.ts";

/** What the command line asks for. */
export interface BenchOptions {
  readonly scenario: ScenarioName;
  readonly players: readonly PlayerName[];
  readonly viewers: number;
  /** From the last join to the end of a run. */
  readonly seconds: number;
  readonly joinGapMs: number;
  readonly repeats: number;
  /** Pairs of page loads in `start-up`. */
  readonly pairs: number;
  /** How a CDN in trouble fails. */
  readonly failure: Failure;
  readonly recover: boolean;
  readonly seed: number;
  readonly json: string | null;
  readonly report: string | null;
}

export const FAILURES = ["503", "hang"] as const;
export type Failure = (typeof FAILURES)[number];

export const DEFAULTS = {
  scenario: "live",
  players: ["plain", "p2pml", "p2pml-tuned", "shoal"],
  viewers: 12,
  seconds: 180,
  joinGapMs: 2_000,
  repeats: 3,
  pairs: 40,
  failure: "503",
  recover: false,
  seed: 1,
  json: null,
  report: null,
} as const satisfies BenchOptions;

/** Who plays at the ends of lines, and how many unless said: each viewer is a browser of its own. */
const HOME_PLAYERS: readonly PlayerName[] = ["plain", "shoal"];
const HOME_VIEWERS = 8;

export const USAGE = `npm run bench -- [options]
  --scenario NAME     ${SCENARIOS.join(", ")} (${DEFAULTS.scenario})
  --players A,B       of ${PLAYERS.join(", ")} (${DEFAULTS.players.join(",")})
  --viewers N         viewers of a swarm (${DEFAULTS.viewers}; ${HOME_VIEWERS} where each has a network of its own)
  --seconds N         from the last join to the end of a run (${DEFAULTS.seconds})
  --join-gap-ms N     between two joins (${DEFAULTS.joinGapMs})
  --repeats N         runs of each player, in turn (${DEFAULTS.repeats})
  --pairs N           start-up: page loads of each player (${DEFAULTS.pairs})
  --failure 503|hang  outages: requests are answered 503, or never (${DEFAULTS.failure})
  --recover           pages start a player again that gave up, as integrators do
  --seed N            order of the start-up loads, and the bootstrap (${DEFAULTS.seed})
  --json FILE         every number
  --report FILE.html  a page with charts`;

/** The command line makes no sense. */
export class UsageError extends Error {}

/** @throws UsageError with a sentence that names the option */
export function parseOptions(args: readonly string[]): BenchOptions | "help" {
  const values = valuesOf(args);
  if (values.help) return "help";
  const whole = (
    name: "viewers" | "seconds" | "join-gap-ms" | "repeats" | "pairs" | "seed",
    fallback: number,
    least: number,
  ) => {
    const value = Number(values[name] ?? fallback);
    if (values[name] !== "" && Number.isSafeInteger(value) && value >= least) return value;
    throw new UsageError(`--${name} must be a whole number of at least ${least}, not "${values[name]}".`);
  };
  const scenario = choice("scenario", values.scenario ?? DEFAULTS.scenario, SCENARIOS);
  const least = leastSeconds(scenarioOf(scenario));
  const names = values.players?.split(",").map((name) => choice("players", name.trim(), PLAYERS));
  const { homes } = scenarioOf(scenario);
  const chosen: readonly PlayerName[] = names ?? (homes ? HOME_PLAYERS : DEFAULTS.players);
  if (homes && chosen.some((player) => !HOME_PLAYERS.includes(player))) {
    throw new UsageError(`--players of ${scenario} can only be ${HOME_PLAYERS.join(" and ")}.`);
  }
  return {
    scenario,
    players: PLAYERS.filter((player) => chosen.includes(player)),
    viewers: whole("viewers", homes ? HOME_VIEWERS : DEFAULTS.viewers, 1),
    seconds: whole("seconds", Math.max(DEFAULTS.seconds, least), least),
    joinGapMs: whole("join-gap-ms", DEFAULTS.joinGapMs, 0),
    repeats: whole("repeats", DEFAULTS.repeats, 1),
    pairs: whole("pairs", DEFAULTS.pairs, 1),
    failure: choice("failure", values.failure ?? DEFAULTS.failure, FAILURES),
    recover: values.recover ?? false,
    seed: whole("seed", DEFAULTS.seed, 0),
    json: values.json ?? null,
    report: values.report ?? null,
  };
}

function valuesOf(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        scenario: text,
        players: text,
        viewers: text,
        seconds: text,
        "join-gap-ms": text,
        repeats: text,
        pairs: text,
        failure: text,
        recover: { type: "boolean" },
        seed: text,
        json: text,
        report: text,
        help: { type: "boolean" },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function choice<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  throw new UsageError(`--${name} knows ${choices.join(", ")}; not "${value}".`);
}
