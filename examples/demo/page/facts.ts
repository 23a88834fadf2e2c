import type { BySource } from "./history.ts";
import type { ViewerReport } from "./viewer-report.ts";

/** What the figures beside the stage are made of. */
export interface Facts {
  readonly lastMinute: BySource;
  readonly reports: readonly ViewerReport[];
  readonly totals: { readonly cdnBytes: number; readonly peerBytes: number };
  readonly copies: number | null;
  readonly sealerBytes: number;
}

/** The big figure: how much of the last minute came from peers; "–" before anything came. */
export function offloadHtml(lastMinute: BySource): string {
  const [cdn = 0, ...peers] = lastMinute;
  const fromPeers = peers.reduce((sum, bytes) => sum + bytes, 0);
  const total = cdn + fromPeers;
  return total === 0 ? "–" : `${Math.round((fromPeers / total) * 100)}<small>%</small>`;
}

/** The figures below it, as terms and descriptions. */
export function factsHtml({ reports, totals, copies, sealerBytes }: Facts): string {
  const stalls = reports.reduce((sum, report) => sum + report.stalls, 0);
  const rows = [
    ["CDN copies a segment, last minute", copies === null ? "–" : copies.toFixed(2)],
    ["From other viewers", megabytes(totals.peerBytes)],
    ["From the CDN", megabytes(totals.cdnBytes)],
    ["Read by the sealer, apart", megabytes(sealerBytes)],
    ["Stalls", String(stalls)],
  ] as const;
  return rows
    .map(([term, text]) => `<dt>${term}</dt><dd${term === "Stalls" && stalls > 0 ? " data-bad" : ""}>${text}</dd>`)
    .join("");
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
