import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { parseFault } from "./faults.ts";
import type { Origin } from "./origin.ts";
import { parseShaping } from "./shaper.ts";

/** An answer in JSON. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

const maxBodyBytes = 64 * 1024;

/**
 * The origin's own endpoints, so that a demo page or another process can do what `Origin` does:
 * `GET /_origin/counts`, `GET /_origin/sha256?path=`, and `POST /_origin/fault`, `/_origin/shaping`,
 * `/_origin/restart`, `/_origin/reset-counts`. Bad input is answered with 400 and `{ error }`.
 */
export async function control(request: IncomingMessage, url: URL, origin: Origin): Promise<ControlAnswer> {
  const post = async (act: (value: unknown) => void): Promise<ControlAnswer> => {
    if (request.method !== "POST") return { status: 405, body: { error: `${url.pathname} takes POST.` } };
    try {
      act(await readJson(request));
      return { status: 200, body: { ok: true } };
    } catch (error) {
      return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
    }
  };
  switch (url.pathname) {
    case "/_origin/counts":
      return { status: 200, body: origin.counts() };
    case "/_origin/sha256":
      return sha256Answer(url.searchParams.get("path"), origin);
    case "/_origin/fault":
      return post((value) => origin.setFault(parseFault(value)));
    case "/_origin/shaping":
      return post((value) => origin.setShaping(parseShaping(value)));
    case "/_origin/restart":
      return post((value) => origin.restartEncoder(parseRestart(value)));
    case "/_origin/reset-counts":
      return post(() => origin.resetCounts());
    default:
      return { status: 404, body: { error: `There is no ${url.pathname}.` } };
  }
}

function sha256Answer(path: string | null, origin: Origin): ControlAnswer {
  if (path === null) return { status: 400, body: { error: "Name what to hash: /_origin/sha256?path=/live/..." } };
  const bytes = origin.bytesAt(path);
  if (bytes === undefined) return { status: 404, body: { error: `Nothing is served at ${path} now.` } };
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { status: 200, body: { path, sha256, sizeBytes: bytes.byteLength } };
}

function parseRestart(value: unknown): { firstNumber?: number; variant?: number; announcedSegments?: number } {
  if (typeof value !== "object" || value === null) throw new TypeError("A restart must be a JSON object.");
  const { firstNumber, variant, announcedSegments } = value as Record<string, unknown>;
  const whole = (name: string, number: unknown) => {
    if (Number.isSafeInteger(number) && Number(number) >= 0) return Number(number);
    throw new TypeError(`${name} must be a whole number from 0.`);
  };
  return {
    ...(firstNumber === undefined ? {} : { firstNumber: whole("firstNumber", firstNumber) }),
    ...(variant === undefined ? {} : { variant: whole("variant", variant) }),
    ...(announcedSegments === undefined ? {} : { announcedSegments: whole("announcedSegments", announcedSegments) }),
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBodyBytes) throw new TypeError(`The body is larger than ${maxBodyBytes} bytes.`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError("The body is not JSON.");
  }
}
