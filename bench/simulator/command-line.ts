import { parseArgs } from "node:util";
import { DEVICE_MIXES } from "./devices.ts";
import { type BrownOut, DEFAULTS, FAULTS, type SimulationOptions } from "./options.ts";
import { PIECE_KIB } from "./piece-size.ts";
import { JOIN_CURVES, LINES } from "./population.ts";

/** What the command line asks for. */
export interface CommandLine {
  readonly options: SimulationOptions;
  /** Whether the same run is played without the mesh too. */
  readonly control: boolean;
  /** Threads that share the audience. */
  readonly threads: number;
  /** Where to write every number, or null. */
  readonly json: string | null;
  /** Where to write a page with charts, or null. */
  readonly report: string | null;
}

export const USAGE = `npm run simulate -- [options]
  --viewers N            viewers (${DEFAULTS.viewers})
  --seed N               any number; the same seed gives the same numbers (${DEFAULTS.seed})
  --seconds N            virtual time (${DEFAULTS.seconds})
  --threads N            share the audience among so many threads (1)
  --control on|off       play the same run from the CDN alone too (on)
 stream
  --bitrate-kbps N       one rendition (${DEFAULTS.ladderKbps[0]})
  --ladder A,B,…         several renditions, kbit/s, the lowest first; players choose as hls.js does
  --segment-seconds N    length of a segment (${DEFAULTS.segmentMs / 1000})
  --latency-seconds N    how far behind live players begin (3 segments)
  --window-seconds N     what the playlist lists (6 segments, or the latency and one)
  --piece-kib ${PIECE_KIB.join("|")}  piece size, as the sealer cuts (${DEFAULTS.pieceKib})
 viewers
  --isps N               ISPs, equally large (${DEFAULTS.isps})
  --uplink-budget N      usable uplink / what all need for the best rendition (as the field has it)
  --join ${JOIN_CURVES.join("|")}  over a third of the run, at most 60 s; all in 20 s; half leave within 20 s
  --churn N              share that leaves and is replaced in a minute (0)
  --devices ${DEVICE_MIXES.join("|")}  what they watch on
  --lines ${LINES.join("|")}    as the field has them, or the same for all
  --loss N               share of packets between viewers that is lost (0)
  --jitter-ms N          a frame between viewers comes up to so much later (${DEFAULTS.path.jitterMs})
 what goes wrong
  --brown-out FROM,SECONDS,SHARE   the CDN sends so much of what all need for the best rendition
  --fault ${FAULTS.join("|")}
  --fault-at-seconds N   (middle of the run)
  --fault-seconds N      how long a tracker, a sealer or an ISP is away (${DEFAULTS.faultMs / 1000})
 output
  --json FILE            every number
  --report FILE.html     a page with charts`;

const text = { type: "string" } as const;
const FLAGS = {
  viewers: text,
  seed: text,
  seconds: text,
  control: text,
  threads: text,
  "bitrate-kbps": text,
  ladder: text,
  "segment-seconds": text,
  "latency-seconds": text,
  "window-seconds": text,
  "piece-kib": text,
  isps: text,
  "uplink-budget": text,
  join: text,
  churn: text,
  devices: text,
  lines: text,
  loss: text,
  "jitter-ms": text,
  "brown-out": text,
  fault: text,
  "fault-at-seconds": text,
  "fault-seconds": text,
  json: text,
  report: text,
  help: { type: "boolean" },
} as const;

type Name = Exclude<keyof typeof FLAGS, "help">;
type Values = { readonly [Key in Name]?: string };

/** @throws Error with a sentence that names the option */
export function readCommandLine(args: readonly string[]): CommandLine | "help" {
  const { values } = parseArgs({ args: [...args], options: FLAGS });
  if (values.help) return "help";
  const options = optionsOf(values);
  const threads = Math.floor(number(values, "threads", 1, 1));
  if (threads > 1 && options.brownOut) throw new Error("--brown-out needs --threads 1: threads share no CDN.");
  return {
    options,
    threads,
    control: choice(values, "control", "on", ["on", "off"]) === "on",
    json: values.json ?? null,
    report: values.report ?? null,
  };
}

function optionsOf(values: Values): SimulationOptions {
  const seconds = number(values, "seconds", DEFAULTS.seconds, 10);
  const segmentMs = 1000 * number(values, "segment-seconds", DEFAULTS.segmentMs / 1000, 0.5);
  const ladderKbps = values.ladder
    ? list(values, "ladder", 100)
    : [number(values, "bitrate-kbps", DEFAULTS.ladderKbps[0] ?? 0, 100)];
  if (ladderKbps.some((kbps, at) => kbps <= (ladderKbps[at - 1] ?? 0))) {
    throw new Error("--ladder must name the lowest bitrate first.");
  }
  const latencyMs = 1000 * number(values, "latency-seconds", (3 * segmentMs) / 1000, segmentMs / 1000);
  const windowMs =
    1000 * number(values, "window-seconds", Math.max(6 * segmentMs, latencyMs + segmentMs) / 1000, latencyMs / 1000);
  return {
    viewers: Math.floor(number(values, "viewers", DEFAULTS.viewers, 1)),
    seed: number(values, "seed", DEFAULTS.seed, 0),
    seconds,
    ladderKbps,
    segmentMs,
    windowMs,
    latencyMs,
    isps: Math.floor(number(values, "isps", DEFAULTS.isps, 1)),
    pieceKib: oneOfNumbers(values, "piece-kib", DEFAULTS.pieceKib, PIECE_KIB),
    uplinkBudget: values["uplink-budget"] === undefined ? null : number(values, "uplink-budget", 1, 0.01),
    join: choice(values, "join", DEFAULTS.join, JOIN_CURVES),
    churn: number(values, "churn", DEFAULTS.churn, 0),
    devices: choice(values, "devices", DEFAULTS.devices, DEVICE_MIXES),
    lines: choice(values, "lines", DEFAULTS.lines, LINES),
    path: {
      loss: number(values, "loss", DEFAULTS.path.loss, 0),
      jitterMs: number(values, "jitter-ms", DEFAULTS.path.jitterMs, 0),
    },
    brownOut: brownOutOf(values),
    fault: choice(values, "fault", DEFAULTS.fault, FAULTS),
    faultAtMs: 1000 * number(values, "fault-at-seconds", seconds / 2, 0),
    faultMs: 1000 * number(values, "fault-seconds", DEFAULTS.faultMs / 1000, 0),
  };
}

function brownOutOf(values: Values): BrownOut | null {
  if (values["brown-out"] === undefined) return null;
  const [from, seconds, share] = list(values, "brown-out", 0);
  if (from === undefined || seconds === undefined || !share) {
    throw new Error("--brown-out must be FROM,SECONDS,SHARE with a share above 0.");
  }
  return { fromMs: from * 1000, durationMs: seconds * 1000, share };
}

function number(values: Values, name: Name, fallback: number, least: number): number {
  const value = Number(values[name] ?? fallback);
  if (Number.isFinite(value) && value >= least) return value;
  throw new Error(`--${name} must be a number of at least ${least}.`);
}

function list(values: Values, name: Name, least: number): number[] {
  const numbers = (values[name] ?? "").split(",").map(Number);
  if (numbers.every((value) => Number.isFinite(value) && value >= least)) return numbers;
  throw new Error(`--${name} must be numbers of at least ${least}, with commas between them.`);
}

function oneOfNumbers<T extends number>(values: Values, name: Name, fallback: T, choices: readonly T[]): T {
  const found = choices.find((one) => String(one) === (values[name] ?? String(fallback)));
  if (found !== undefined) return found;
  throw new Error(`--${name} must be one of ${choices.join(", ")}.`);
}

function choice<T extends string>(values: Values, name: Name, fallback: T, choices: readonly T[]): T {
  const value = values[name] ?? fallback;
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  throw new Error(`--${name} must be one of ${choices.join(", ")}.`);
}
