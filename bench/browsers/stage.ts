import { createOrigin, type Origin } from "@shoal/origin";
import type { PlayerSetUp } from "./players.ts";
import { type Service, startService } from "./service.ts";

/** Of the CDN, as a viewer sees it. */
export const CDN = { latencyMs: 20, bitsPerSecondPerResponse: 20_000_000 } as const;

/** What a run needs beside its viewers: a fresh origin, so that every run begins at the same phase of the stream. */
export interface Stage {
  readonly origin: Origin;
  readonly trackerUrl: string | null;
  close(): Promise<void>;
}

/** @param pagesDir the built pages, served beside the streams */
export async function setStage(pagesDir: string, { tracker }: PlayerSetUp): Promise<Stage> {
  const origin = await createOrigin({ ...CDN, pages: [{ mount: "/page", dir: pagesDir }] });
  let service: Service | null = null;
  try {
    service = tracker === "none" ? null : await startService(tracker, origin.url);
  } catch (error) {
    await origin.close();
    throw error;
  }
  return {
    origin,
    trackerUrl: service?.url ?? null,
    async close() {
      await service?.stop();
      await origin.close();
    },
  };
}
