import type { Crossing } from "./directions.ts";
import type { BySource } from "./history.ts";
import type { ViewerReport } from "./viewer-report.ts";

/** What the figures beside the stage are made of. */
export interface Facts {
  readonly lastMinute: BySource;
  readonly reports: readonly ViewerReport[];
  readonly totals: { readonly cdnBytes: number; readonly peerBytes: number };
  /** Null where all have one kind of player. */
  readonly crossing: Crossing | null;
  readonly copies: number | null;
  readonly sealerBytes: number;
}

const ONE_WAY: Readonly<Record<keyof Crossing, string>> = {
  hlsToDash: "– of it from hls.js to dash.js",
  dashToHls: "– of it from dash.js to hls.js",
};

/** The big figure: how much of the last minute came from peers; "–" before anything came. */
export function offloadHtml(lastMinute: BySource): string {
  const [cdn = 0, ...peers] = lastMinute;
  const fromPeers = peers.reduce((sum, bytes) => sum + bytes, 0);
  const total = cdn + fromPeers;
  return total === 0 ? "–" : `${Math.round((fromPeers / total) * 100)}<small>%</small>`;
}

/** The figures below it, as terms and descriptions. */
export function factsHtml({ reports, totals, crossing, copies, sealerBytes }: Facts): string {
  const stalls = reports.reduce((sum, report) => sum + report.stalls, 0);
  const rows: readonly (readonly [string, string])[] = [
    ["CDN copies a segment, last minute", copies === null ? "–" : copies.toFixed(2)],
    ["From other viewers", megabytes(totals.peerBytes)],
    ...(crossing === null
      ? []
      : [
          [ONE_WAY.hlsToDash, megabytes(crossing.hlsToDash)] as const,
          [ONE_WAY.dashToHls, megabytes(crossing.dashToHls)] as const,
        ]),
    ["From the CDN", megabytes(totals.cdnBytes)],
    ["Read by the sealer, apart", megabytes(sealerBytes)],
    ["Stalls", String(stalls)],
  ];
  return rows
    .map(([term, text]) => `<dt>${term}</dt><dd${term === "Stalls" && stalls > 0 ? " data-bad" : ""}>${text}</dd>`)
    .join("");
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
