import type { IncomingMessage, ServerResponse } from "node:http";
import type { Assignment } from "./admission.ts";

/** What the route asks of the tracker. */
export interface AssignSide {
  readonly allowOrigins: readonly string[];
  /** Where viewers connect; empty: where they asked. */
  readonly publicUrl: string;
  ispOf(request: IncomingMessage, query: URLSearchParams): string;
  assign(): Assignment;
  /** The pod drains: what it assigns is for others, and the next question must reach one of them. */
  isLeaving(): boolean;
  keyOf(contentId: string, isp: string, spread: string): string;
  sign(shard: string, delayMs: number): string;
  counted(result: "assigned" | "refused" | "malformed", startedMs: number, shard: string): void;
}

const MOST_TEXT = 512;

/**
 * `GET /v1/assign?content=…&peer=…`: where a viewer connects, under which shard key, with which word, and after how long. Or
 * 503 with the time after which to ask again, in the body, since a page reads no header that it is not shown.
 */
export function answerAssign(request: IncomingMessage, response: ServerResponse, side: AssignSide): void {
  const startedMs = performance.now();
  const query = new URLSearchParams((request.url ?? "").split("?")[1] ?? "");
  const { origin } = request.headers;
  const isAllowed = origin !== undefined && (side.allowOrigins.includes("*") || side.allowOrigins.includes(origin));
  if (isAllowed) {
    response.setHeader("access-control-allow-origin", side.allowOrigins.includes("*") ? "*" : origin);
    response.setHeader("access-control-expose-headers", "retry-after");
    response.setHeader("vary", "origin");
  }
  const contentId = query.get("content") ?? "";
  const peer = query.get("peer") ?? "";
  if (request.method !== "GET") return say(response, 405, { code: "method-not-allowed" });
  if (contentId === "" || contentId.length > MOST_TEXT || peer.length > MOST_TEXT) {
    side.counted("malformed", startedMs, "");
    return say(response, 400, {
      code: "bad-message",
      message: `"content" must be a content id of 1 to ${MOST_TEXT} characters.`,
    });
  }
  if (side.isLeaving()) response.setHeader("connection", "close");
  const assignment = side.isLeaving() ? ({ ok: true, delayMs: 0 } as const) : side.assign();
  if (!assignment.ok) {
    side.counted("refused", startedMs, "");
    const { reason, retryAfterMs } = assignment;
    response.setHeader("retry-after", String(Math.ceil(retryAfterMs / 1_000)));
    return say(response, 503, { code: "too-busy", message: `No more viewers for now (${reason}).`, retryAfterMs });
  }
  const sk = side.keyOf(contentId, side.ispOf(request, query), peer);
  const { delayMs } = assignment;
  side.counted("assigned", startedMs, sk);
  const url = side.publicUrl === "" ? null : side.publicUrl;
  return say(response, 200, { url, sk, token: side.sign(sk, delayMs), delayMs });
}

function say(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { "content-type": "application/json", "cache-control": "no-store" })
    .end(JSON.stringify(body));
}
