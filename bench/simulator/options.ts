import { parseArgs } from "node:util";
import type { JoinCurve } from "./population.ts";

/** What goes wrong in a run, from its middle on (liars: from the start). */
export const FAULTS = ["none", "vanish", "tracker", "sealer", "liars"] as const;
export type Fault = (typeof FAULTS)[number];

/** A run. */
export interface SimulationOptions {
  readonly viewers: number;
  readonly seed: number;
  /** Virtual time, seconds. */
  readonly seconds: number;
  readonly bitrateKbps: number;
  readonly segmentMs: number;
  readonly windowMs: number;
  readonly isps: number;
  readonly join: JoinCurve;
  readonly fault: Fault;
}

export const DEFAULTS: SimulationOptions = {
  viewers: 100,
  seed: 1,
  seconds: 90,
  bitrateKbps: 5000,
  segmentMs: 4000,
  windowMs: 24_000,
  isps: 5,
  join: "steady",
  fault: "none",
};

/** What the command line asks for. */
export interface CommandLine {
  readonly options: SimulationOptions;
  /** Where to write every number, or null. */
  readonly json: string | null;
  /** Where to write a page with charts, or null. */
  readonly report: string | null;
}

export const USAGE = `npm run simulate -- [options]
  --viewers N         viewers (${DEFAULTS.viewers})
  --seed N            any number; the same seed gives the same numbers (${DEFAULTS.seed})
  --seconds N         virtual time (${DEFAULTS.seconds})
  --bitrate-kbps N    of the stream (${DEFAULTS.bitrateKbps})
  --isps N            ISPs, equally large (${DEFAULTS.isps})
  --piece-kib 64      piece size; the engine knows this one only
  --join steady|flash joins spread over a third of the run, at most 60 s; or all in 20 s
  --fault ${FAULTS.join("|")}
  --json FILE         every number
  --report FILE.html  a page with charts`;

/** @throws Error with a sentence that names the option */
export function readCommandLine(args: readonly string[]): CommandLine | "help" {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      viewers: text,
      seed: text,
      seconds: text,
      "bitrate-kbps": text,
      isps: text,
      "piece-kib": text,
      join: text,
      fault: text,
      json: text,
      report: text,
      help: { type: "boolean" },
    },
  });
  if (values.help) return "help";
  const number = (name: keyof typeof values, fallback: number, least: number): number => {
    const value = Number(values[name] ?? fallback);
    if (Number.isFinite(value) && value >= least) return value;
    throw new Error(`--${name} must be a number of at least ${least}.`);
  };
  const choice = <T extends string>(name: keyof typeof values, fallback: T, choices: readonly T[]): T => {
    const value = values[name] ?? fallback;
    const found = choices.find((one) => one === value);
    if (found !== undefined) return found;
    throw new Error(`--${name} must be one of ${choices.join(", ")}.`);
  };
  if (number("piece-kib", 64, 1) !== 64) throw new Error("--piece-kib must be 64: the engine cannot vary it.");
  return {
    options: {
      ...DEFAULTS,
      viewers: Math.floor(number("viewers", DEFAULTS.viewers, 1)),
      seed: number("seed", DEFAULTS.seed, 0),
      seconds: number("seconds", DEFAULTS.seconds, 10),
      bitrateKbps: number("bitrate-kbps", DEFAULTS.bitrateKbps, 100),
      isps: Math.floor(number("isps", DEFAULTS.isps, 1)),
      join: choice("join", DEFAULTS.join, ["steady", "flash"]),
      fault: choice("fault", DEFAULTS.fault, FAULTS),
    },
    json: values.json ?? null,
    report: values.report ?? null,
  };
}
