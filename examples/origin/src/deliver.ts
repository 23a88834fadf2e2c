import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { CountedResponse, Counter } from "./counts.ts";
import type { Fault } from "./faults.ts";
import { parseRange } from "./range.ts";
import type { Resource } from "./resource.ts";
import { chunked, Lane, type Shaping, shapedChunkBytes } from "./shaper.ts";

const unshapedChunkBytes = 64 * 1024;

/** What deliveries of one origin share. The functions are asked for every piece: both may change under way. */
export interface DeliveryTerms {
  readonly ranges: "honour" | "ignore";
  readonly counter: Counter;
  /** The lane of all bodies together. */
  readonly egress: Lane;
  shaping(): Shaping;
  fault(): Fault;
}

/** Sends a resource, or the range of it that was asked for, at the pace of the day. Counts what reaches the socket. */
export async function deliver(
  request: IncomingMessage,
  response: ServerResponse,
  resource: Resource,
  counted: CountedResponse,
  terms: DeliveryTerms,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  if (response.destroyed) return;
  try {
    const { latencyMs = 0 } = terms.shaping();
    if (latencyMs > 0) await sleep(latencyMs, undefined, { signal: gone.signal });
    const { first, end } = writeHead(request, response, resource, terms.ranges);
    if (request.method !== "HEAD") {
      await sendBody(response, resource.read(first, end), counted, terms, gone.signal);
    }
    response.end();
  } catch (error) {
    // A viewer that leaves in the middle is nothing to tell of.
    if (!gone.signal.aborted && !response.destroyed && !isCutOff(error)) throw error;
  }
}

/** A write may learn that the other side has gone before the response does. */
function isCutOff(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EPIPE" || error.code === "ECONNRESET");
}

function writeHead(
  request: IncomingMessage,
  response: ServerResponse,
  { contentType, sizeBytes }: Resource,
  ranges: DeliveryTerms["ranges"],
): { first: number; end: number } {
  const range = parseRange(ranges === "honour" ? request.headers.range : undefined, sizeBytes);
  if (ranges === "honour") response.setHeader("Accept-Ranges", "bytes");
  if (range.kind === "unsatisfiable") {
    response.writeHead(416, { "Content-Range": `bytes */${sizeBytes}`, "Content-Length": 0 });
    return { first: 0, end: 0 };
  }
  response.setHeader("Content-Type", contentType);
  if (range.kind === "whole") {
    response.writeHead(200, { "Content-Length": sizeBytes });
    return { first: 0, end: sizeBytes };
  }
  const { first, last } = range;
  response.writeHead(206, {
    "Content-Length": last - first + 1,
    "Content-Range": `bytes ${first}-${last}/${sizeBytes}`,
  });
  return { first, end: last + 1 };
}

async function sendBody(
  response: ServerResponse,
  pieces: Iterable<Uint8Array>,
  counted: CountedResponse,
  terms: DeliveryTerms,
  signal: AbortSignal,
): Promise<void> {
  const lane = new Lane(performance.now());
  const maxBytes = () => {
    const limited = ownLimit(terms) !== undefined || terms.shaping().totalBitsPerSecond !== undefined;
    return limited ? shapedChunkBytes : unshapedChunkBytes;
  };
  for (const chunk of chunked(pieces, maxBytes)) {
    const nowMs = performance.now();
    const waitMs = Math.max(
      lane.reserve(nowMs, chunk.byteLength, ownLimit(terms)),
      terms.egress.reserve(nowMs, chunk.byteLength, terms.shaping().totalBitsPerSecond),
    );
    if (waitMs > 0) await sleep(waitMs, undefined, { signal });
    await written(response, chunk, signal);
    terms.counter.bytes(counted, chunk.byteLength);
  }
}

/** The rate of one body apart from the others, bit/s; undefined: no limit. */
function ownLimit(terms: DeliveryTerms): number | undefined {
  const { bitsPerSecondPerResponse } = terms.shaping();
  const fault = terms.fault();
  if (fault.kind !== "slow") return bitsPerSecondPerResponse;
  return Math.min(fault.bitsPerSecond, bitsPerSecondPerResponse ?? fault.bitsPerSecond);
}

/** Settles when the system has taken the bytes: an open body never has more than one piece in memory. */
function written(response: ServerResponse, chunk: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = () => reject(new Error("The viewer has gone."));
    if (signal.aborted) return cut();
    signal.addEventListener("abort", cut, { once: true });
    response.write(chunk, (error) => {
      signal.removeEventListener("abort", cut);
      if (error) reject(error);
      else resolve();
    });
  });
}
