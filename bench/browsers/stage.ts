import { createOrigin, type Origin, originDefaults } from "@shoal/origin";
import { behindNat, type Homes, ORIGIN_PORT, SERVERS_HOST, STUN_PORT } from "./network/plan.ts";
import type { PlayerSetUp } from "./players.ts";
import { type Service, startService } from "./service.ts";

/** Of the CDN, as a viewer sees it. */
export const CDN = { latencyMs: 20, bitsPerSecondPerResponse: 20_000_000 } as const;

const SEGMENT_MS = 4_000;
const WINDOW_SEGMENTS = originDefaults.windowSegments;

/** What a run needs beside its viewers: a fresh origin, so that every run begins at the same phase of the stream. */
export interface Stage {
  readonly origin: Origin;
  readonly trackerUrl: string | null;
  /** When the live segment number 0 became listed, and how often the next ones do; Unix ms. */
  readonly publication: { readonly firstMs: number; readonly everyMs: number };
  close(): Promise<void>;
}

/**
 * @param pagesDir the built pages, served beside the streams
 * @param homes where viewers reach all of this from, if not from the machine's own network
 */
export async function setStage(pagesDir: string, { tracker }: PlayerSetUp, homes: Homes | null): Promise<Stage> {
  const startedAtMs = Date.now();
  const place = homes ? { host: SERVERS_HOST, port: ORIGIN_PORT } : {};
  const origin = await createOrigin({ ...CDN, ...place, startedAtMs, pages: [{ mount: "/page", dir: pagesDir }] });
  const stunUrl = homes && behindNat(homes) ? `stun:${SERVERS_HOST}:${STUN_PORT}` : null;
  let service: Service | null = null;
  try {
    service =
      tracker === "none"
        ? null
        : await startService(tracker, { originUrl: origin.url, host: homes ? SERVERS_HOST : "127.0.0.1", stunUrl });
  } catch (error) {
    await origin.close();
    throw error;
  }
  return {
    origin,
    trackerUrl: service?.url ?? null,
    // A full window lies before the start, and its first segment took its own length to become complete.
    publication: { firstMs: startedAtMs - (WINDOW_SEGMENTS - 1) * SEGMENT_MS, everyMs: SEGMENT_MS },
    async close() {
      await service?.stop();
      await origin.close();
    },
  };
}
