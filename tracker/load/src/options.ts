import { parseArgs } from "node:util";
import { PROFILE_NAMES, type ProfileName } from "./profile.ts";
import { SDP_FORMS, type SdpForm } from "./sdp.ts";

/** What `npm run load` was asked for. */
export interface LoadOptions {
  readonly viewers: number;
  readonly rampMs: number;
  readonly holdMs: number;
  readonly profile: ProfileName;
  /** null: a tracker is started for the run. */
  readonly url: string | null;
  readonly json: string | null;
  readonly sdp: SdpForm;
  readonly contentId: string;
  readonly isps: number;
  readonly assigns: boolean;
  readonly workers: number;
  readonly reconnectMs: number;
  readonly token: string | null;
  readonly anywhere: boolean;
}

/** The arguments cannot be meant. */
export class LoadOptionsError extends Error {
  readonly code = "bad-options";
  override readonly name = "LoadOptionsError";
}

export const USAGE = `npm run load -- [--viewers 2000] [--ramp 20s] [--hold 30s] [--profile ${PROFILE_NAMES.join("|")}]
                [--url http://host:port] [--content ID] [--isps 8] [--sdp compact|full] [--assign]
                [--workers 1] [--reconnect 30s] [--token JWT] [--anywhere] [--json FILE]

Sends a crowd of viewers to a tracker, in the real protocol, and says what it cost. Without --url it starts a tracker
of its own. Load goes to loopback only, unless --anywhere is said: point it at nothing that is not yours.`;

/** Reads the arguments. @throws LoadOptionsError with a sentence that says what is wrong */
export function readLoadOptions(args: readonly string[]): LoadOptions {
  const { values } = parse(args);
  const url = values.url ?? null;
  if (url !== null && values.anywhere !== true && !isLoopback(url)) {
    throw new LoadOptionsError("--url is not on this machine: say --anywhere if the tracker is yours to load.");
  }
  const workers = whole("--workers", values.workers, 1, 64);
  return {
    viewers: whole("--viewers", values.viewers, 1, 1_000_000),
    rampMs: duration("--ramp", values.ramp),
    holdMs: duration("--hold", values.hold),
    profile: word("--profile", values.profile, PROFILE_NAMES),
    url: url === null ? null : url.replace(/\/$/, ""),
    json: values.json ?? null,
    sdp: word("--sdp", values.sdp, SDP_FORMS),
    contentId: values.content,
    isps: whole("--isps", values.isps, 0, 250),
    assigns: values.assign === true,
    workers,
    reconnectMs: duration("--reconnect", values.reconnect),
    token: values.token ?? null,
    anywhere: values.anywhere === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        viewers: { type: "string", default: "2000" },
        ramp: { type: "string", default: "20s" },
        hold: { type: "string", default: "30s" },
        profile: { type: "string", default: "event" },
        url: { type: "string" },
        json: { type: "string" },
        sdp: { type: "string", default: "compact" },
        content: { type: "string", default: "load/event" },
        isps: { type: "string", default: "8" },
        assign: { type: "boolean" },
        workers: { type: "string", default: "1" },
        reconnect: { type: "string", default: "30s" },
        token: { type: "string" },
        anywhere: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new LoadOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) throw new LoadOptionsError("--url must be a URL such as http://127.0.0.1:8000.");
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text.replaceAll("_", ""));
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new LoadOptionsError(`${name} must be a whole number from ${least} to ${most}.`);
}

/** Reads a time such as `20s`, `500ms`, `2m`. @returns milliseconds */
function duration(name: string, text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  if (number === "") throw new LoadOptionsError(`${name} must be a time such as 20s, 500ms or 2m.`);
  return Number(number) * (unit === "ms" ? 1 : unit === "s" ? 1_000 : 60_000);
}

function word<T extends string>(name: string, text: string, words: readonly T[]): T {
  const found = words.find((one) => one === text);
  if (found === undefined) throw new LoadOptionsError(`${name} must be one of ${words.join(", ")}.`);
  return found;
}
