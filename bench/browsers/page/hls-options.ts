import type { HlsConfig } from "hls.js";
import workerUrl from "hls.js/dist/hls.worker.js?url";
import type { ViewerSettings } from "./viewer-record.ts";

/** hls.js in a bundle must be told where its worker is, else it has none. */
export function hlsOptions({ worker, hls }: ViewerSettings): Partial<HlsConfig> {
  return { ...(worker ? { enableWorker: true, workerPath: workerUrl } : { enableWorker: false }), ...hls };
}
