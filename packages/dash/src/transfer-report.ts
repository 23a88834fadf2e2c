import type { MediaRequest } from "./dash-types.ts";

/** What is taken for the time to first byte while dash.js has no estimate. */
export const ASSUMED_LATENCY_MS = 50;

/**
 * Tells dash.js of a transfer of `bytes` at `rateBps`: the rate that the next segment can count on, not how fast this
 * one came out of memory. What was measured on the way no longer counts.
 */
export function tellRate(
  request: MediaRequest,
  bytes: number,
  {
    rateBps,
    latencyMs,
    startedMs,
  }: { readonly rateBps: number; readonly latencyMs: number; readonly startedMs: number },
): void {
  const { customData } = request;
  const fragment = customData.request;
  // dash.js looks up the first resource of this name in the browser's own timings: that may be a part of it.
  request.range ??= "0-";
  if (fragment.traces) fragment.traces.length = 0;
  // The first report stands for the latency and does not count; so two make one sample, of any kind of loader.
  customData.onprogress?.({ loaded: 0, total: bytes, lengthComputable: true, time: 1 });
  customData.onprogress?.({ loaded: bytes, total: bytes, lengthComputable: true, time: (bytes * 8000) / rateBps });
  fragment.firstByteDate = new Date(startedMs + latencyMs);
}
