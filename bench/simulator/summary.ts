import { FETCH_CAUSES } from "./cdn.ts";
import type { Measures } from "./measures.ts";

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** What a run came to, in words. @param wallMs real time the run took */
export function summary(measures: Measures, control: Measures, wallMs: number): string {
  const { options, whole, steady, upload, startupMs, neighbours } = measures;
  const { viewers, bitrateKbps, isps, join, fault, seed } = options;
  const causes = FETCH_CAUSES.map((cause) => `${cause} ${steady.byCause[cause].toFixed(2)}`).join(", ");
  const rows: [string, string][] = [
    ["offload, steady", `${percent(steady.offload)} (whole run ${percent(whole.offload)})`],
    [
      "CDN copies per segment",
      `${steady.copies.toFixed(2)}, ${steady.copiesPerCluster.toFixed(2)} per ISP (${steady.segments} segments, steady)`,
    ],
    ["  by cause", causes],
    ["stalls", `${measures.stalls}, ${seconds(measures.stallMs)} (control ${seconds(control.stallMs)})`],
    ["segments skipped", `${measures.skipped} (control ${control.skipped})`],
    ["start-up, median", `${seconds(startupMs.median)} (control ${seconds(control.startupMs.median)})`],
    ["same-ISP share of peer bytes", `${percent(measures.sameIspShare)} (blind ${percent(1 / isps)})`],
    ["busiest uploader / mean", `${upload.busiestToMean.toFixed(2)}, fairness ${upload.fairness.toFixed(2)}`],
    ["uplink used, median, p95", `${percent(upload.usedUplink.median)}, ${percent(upload.usedUplink.p95)}`],
    ["wasted", `${mib(measures.wastedBytes)} of ${mib(measures.peerBytes)} from peers`],
    ["control frames", `${percent(measures.controlBytes / Math.max(1, measures.peerBytes))} of peer bytes`],
    [
      "neighbours, mean, p10",
      `${neighbours.mean.toFixed(1)}, ${neighbours.p10}; ${percent(neighbours.sameIspShare)} of the same ISP`,
    ],
    ["local elections", `${neighbours.electors.toFixed(1)} fetchers to expect a segment`],
    ["convicted", `${measures.convicted}`],
    ["wall", `${seconds(wallMs)}, ${Math.round(measures.events / (wallMs / 1000)).toLocaleString("en")} events/s`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const title = `${viewers} viewers, ${isps} ISPs, ${bitrateKbps} kbit/s, join ${join}, fault ${fault}, seed ${seed}`;
  return [title, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)].join("\n");
}
