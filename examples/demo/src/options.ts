import { parseArgs } from "node:util";
import type { PlayerName } from "../page/viewer-report.ts";

/** What `npm start` was asked for. */
export type DemoOptions =
  | { readonly mode: "help" }
  | { readonly mode: "page"; readonly port: number }
  | HeadlessOptions;

/** A run without a window. */
export interface HeadlessOptions {
  readonly mode: "headless";
  readonly port: number;
  readonly viewers: number;
  readonly seconds: number;
  readonly stream: "live" | "vod";
  /** Players of the viewers, in turn. */
  readonly players: readonly PlayerName[];
  /** Where the summary is written as JSON; null: nowhere. */
  readonly jsonFile: string | null;
  /** Plain and Shoal players whose start-up is compared, of each kind; 0: none. */
  readonly startUps: number;
}

/** The options make no sense; the message says which and what it should be. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** How `npm start` is used. */
export const USAGE = `npm start                      a swarm on this machine, as a page in your browser
npm start -- --headless        the same without a window: numbers in this terminal

  --headless           opens the viewers itself, in Chromium
  --viewers N          how many, 2 to 24 (default 6); they join 1.5 s apart
  --seconds N          how long they watch, 20 to 3600 (default 60), counted from the first
  --players LIST       what they play with, in turn: hls, dash or hls,dash (default hls)
  --vod                video on demand in place of the live stream
  --start-ups N        plain and Shoal players whose start-up is compared, of each kind (default 6; 0: none)
  --json FILE          also writes the summary as JSON
  --port N             port of page and streams (default: 8480, or a free one where that is taken or nobody looks)
  --help               this text

The headless run ends with code 0 if every viewer played without a stall and peers delivered, else with 1.
A wrong option ends it with 2.
`;

/** Port of the page, where it is free: an address that can be remembered. */
export const PAGE_PORT = 8480;

const OPTIONS = {
  headless: { type: "boolean" },
  viewers: { type: "string" },
  seconds: { type: "string" },
  vod: { type: "boolean" },
  players: { type: "string" },
  "start-ups": { type: "string" },
  json: { type: "string" },
  port: { type: "string" },
  help: { type: "boolean" },
} as const;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): DemoOptions {
  const values = valuesOf(args);
  if (values.help) return { mode: "help" };
  const port = wholeNumber("--port", values.port, 0, 65_535, values.headless ? 0 : PAGE_PORT);
  if (!values.headless) {
    for (const name of ["viewers", "seconds", "vod", "players", "start-ups", "json"] as const) {
      if (values[name] !== undefined) throw new UsageError(`--${name} goes with --headless.`);
    }
    return { mode: "page", port };
  }
  if (values.json === "") throw new UsageError("--json must name a file.");
  return {
    mode: "headless",
    port,
    viewers: wholeNumber("--viewers", values.viewers, 2, 24, 6),
    seconds: wholeNumber("--seconds", values.seconds, 20, 3600, 60),
    stream: values.vod ? "vod" : "live",
    players: playersOf(values.players ?? "hls"),
    jsonFile: values.json ?? null,
    startUps: wholeNumber("--start-ups", values["start-ups"], 0, 50, 6),
  };
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function playersOf(text: string): readonly PlayerName[] {
  return text.split(",").map((name) => {
    if (name === "hls" || name === "dash") return name;
    throw new UsageError(`--players must be hls, dash or both with a comma between, not "${text}".`);
  });
}

function wholeNumber(name: string, text: string | undefined, min: number, max: number, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}, not "${text}".`);
}
