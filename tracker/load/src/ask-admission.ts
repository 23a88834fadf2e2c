import { request } from "node:http";
import type { CrowdStats } from "./crowd-stats.ts";
import type { ViewerTraits } from "./load-viewer.ts";

/** What `GET /v1/assign` said. */
export type Admission =
  | {
      readonly ok: true;
      readonly url: string;
      readonly shard: string;
      readonly token: string | null;
      readonly delayMs: number;
    }
  | { readonly ok: false; readonly code: string; readonly retryAfterMs: number };

const ANSWER_WITHIN_MS = 10_000;

/** Asks the tracker where to go. Never throws: a tracker that does not answer is "not now". */
export function askAdmission(
  url: string,
  contentId: string,
  traits: ViewerTraits,
  stats: CrowdStats,
): Promise<Admission> {
  const query = new URLSearchParams({ content: contentId, peer: traits.peerId });
  if (traits.isp !== null) query.set("isp", traits.isp);
  const { localAddress } = traits;
  return new Promise((resolve) => {
    const asked = request(
      `${url}/v1/assign?${query}`,
      { agent: false, timeout: ANSWER_WITHIN_MS, ...(localAddress === null ? {} : { localAddress }) },
      (answer) => {
        let body = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          body += chunk;
        });
        answer.on("end", () => {
          stats.carried("down", "assign", body.length);
          resolve(readAdmission(url, answer.statusCode ?? 0, body));
        });
      },
    );
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve({ ok: false, code: "assign-failed", retryAfterMs: 0 }));
    asked.end();
  });
}

/** Reads the answer. */
export function readAdmission(asked: string, status: number, body: string): Admission {
  try {
    const { url, sk, token, delayMs, retryAfterMs, code } = JSON.parse(body) as Record<string, unknown>;
    if (status === 200 && typeof sk === "string") {
      return {
        ok: true,
        url: typeof url === "string" ? url : asked,
        shard: sk,
        token: typeof token === "string" ? token : null,
        delayMs: Number(delayMs ?? 0),
      };
    }
    return {
      ok: false,
      code: `assign-${typeof code === "string" ? code : status}`,
      retryAfterMs: Number(retryAfterMs ?? 0),
    };
  } catch {
    return { ok: false, code: `assign-http-${status}`, retryAfterMs: 0 };
  }
}
