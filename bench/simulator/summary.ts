import { FETCH_CAUSES } from "./cdn.ts";
import type { Measures } from "./measures.ts";
import type { SimulationOptions } from "./options.ts";

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
const mbps = (bytesPerSecond: number): string => `${((bytesPerSecond * 8) / 1e6).toFixed(0)} Mbit/s`;
const list = (numbers: readonly number[]): string => numbers.map((value) => value.toFixed(2)).join(" ");

type Row = readonly [name: string, value: string];

/** What a run came to, in words. @param control the same run without the mesh, or null; @param wallMs real time it took */
export function summary(measures: Measures, control: Measures | null, wallMs: number): string {
  const rows = [
    ...cdnRows(measures, control),
    ...playerRows(measures, control),
    ...peerRows(measures),
    [
      "wall",
      `${seconds(wallMs)}, ${Math.round(measures.events / (wallMs / 1000)).toLocaleString("en")} events/s`,
    ] as const,
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [title(measures.options), ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)].join("\n");
}

function title(options: SimulationOptions): string {
  const { viewers, isps, ladderKbps, segmentMs, latencyMs, join, churn, devices, lines, path } = options;
  const { uplinkBudget, brownOut, fault, faultAtMs, pieceKib, seed } = options;
  const parts = [
    `${viewers} viewers, ${isps} ISPs, ${ladderKbps.join("/")} kbit/s in ${segmentMs / 1000} s, ${latencyMs / 1000} s behind`,
    pieceKib === 64 ? "" : `pieces of ${pieceKib} KiB`,
    `join ${join}`,
    uplinkBudget === null ? "" : `uplink budget ${uplinkBudget}`,
    churn === 0 ? "" : `churn ${percent(churn)} a minute`,
    devices === "desktop" ? "" : `devices ${devices}`,
    lines === "field" ? "" : `lines ${lines}`,
    path.loss === 0 ? "" : `loss ${percent(path.loss)}`,
    brownOut ? `brown-out to ${percent(brownOut.share)} from ${seconds(brownOut.fromMs)}` : "",
    fault === "none" ? "" : `fault ${fault}${fault === "liars" ? "" : ` at ${seconds(faultAtMs)}`}`,
    `seed ${seed}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function cdnRows(measures: Measures, control: Measures | null): Row[] {
  const { steady, whole, fault, options } = measures;
  const { bound } = steady;
  const causes = FETCH_CAUSES.map((cause) => `${cause} ${steady.byCause[cause].toFixed(2)}`).join(", ");
  const peak = (some: Measures): string => mbps(Math.max(0, ...some.cdnPerSecond));
  const rows: Row[] = [
    ["offload, steady", `${percent(steady.offload)} (whole run ${percent(whole.offload)})`],
    [
      "  nobody could beat",
      `${percent(bound.offload)} (uplink budget ${bound.uplinkBudget.toFixed(2)} of what was played)`,
    ],
    [
      "CDN copies per segment",
      `${steady.copies.toFixed(2)}, ${steady.copiesPerCluster.toFixed(2)} per cluster (${steady.segments} segments, steady)`,
    ],
    ["  by ISP", list(steady.copiesByIsp)],
    ["  by cause", causes],
    ["CDN's busiest second", `${peak(measures)}${control ? ` (control ${peak(control)})` : ""}`],
    [
      "CDN bytes per join",
      `${mib(measures.cdnBytesPerJoin)}${control ? ` (control ${mib(control.cdnBytesPerJoin)})` : ""}`,
    ],
    ["seal delay, median, p95", `${seconds(measures.sealDelayMs.median)}, ${seconds(measures.sealDelayMs.p95)}`],
  ];
  if (options.ladderKbps.length > 1) rows.splice(4, 0, ["  by rendition", list(steady.copiesByLevel)]);
  for (const { name, offload, cdnPeakBytes, fromMs, toMs } of fault) {
    const span = `${Math.round(fromMs / 1000)} to ${Math.round(toMs / 1000)} s`;
    const theirs = control
      ? ` (control ${mbps(Math.max(0, ...control.cdnPerSecond.slice(fromMs / 1000, toMs / 1000)))})`
      : "";
    rows.push([
      `  ${name} the fault`,
      `offload ${percent(offload)}, CDN at most ${mbps(cdnPeakBytes)}${theirs}, ${span}`,
    ]);
  }
  return rows;
}

function playerRows(measures: Measures, control: Measures | null): Row[] {
  const beside = (of: (some: Measures) => string): string =>
    `${of(measures)}${control ? ` (control ${of(control)})` : ""}`;
  return [
    ["stalls", beside(({ stalls, stallMs }) => `${stalls}, ${seconds(stallMs)}`)],
    ["segments skipped, failed", beside(({ skipped, failures }) => `${skipped}, ${failures}`)],
    ["start-up, median, p95", beside(({ startupMs }) => `${seconds(startupMs.median)}, ${seconds(startupMs.p95)}`)],
    ["bitrate, mean, steady", beside(({ steady }) => `${steady.bitrateKbps.toFixed(0)} kbit/s`)],
    ["loads abandoned", beside(({ abandoned }) => `${abandoned}`)],
    ["wrong bytes played", beside(({ wrongBytes }) => `${wrongBytes}`)],
  ];
}

function peerRows(measures: Measures): Row[] {
  const { upload, neighbours, options, hops, peerBytes, wastedBytes } = measures;
  const { uplinkUse } = measures.spread;
  const share = (bytes: number): string => percent(bytes / Math.max(1, peerBytes));
  return [
    ["same-ISP share of peer bytes", `${percent(measures.sameIspShare)} (blind ${percent(1 / options.isps)})`],
    ["busiest uploader / mean", `${upload.busiestToMean.toFixed(2)}, fairness ${upload.fairness.toFixed(2)}`],
    ["held by viewers", heldBy(measures)],
    ["uplinks busy, mean", `${percent(uplinkUse.mean)} (${percent(uplinkUse.least)} to ${percent(uplinkUse.most)})`],
    ["uplink used, median, p95", `${percent(upload.usedUplink.median)}, ${percent(upload.usedUplink.p95)}`],
    ["hops, mean, p95", `${hops.mean.toFixed(1)}, ${hops.p95}`],
    ["wasted", `${mib(wastedBytes)}, ${share(wastedBytes)} of ${mib(peerBytes)} from peers`],
    ["control frames", `${share(measures.controlBytes)} of peer bytes`],
    [
      "neighbours, mean, p10",
      `${neighbours.mean.toFixed(1)}, ${neighbours.p10}; ${percent(neighbours.sameIspShare)} of the same ISP`,
    ],
    [
      "connections between two of them",
      `${neighbours.distances.mean.toFixed(2)} on the mean, ${neighbours.distances.most} at most (random ${neighbours.distances.random.toFixed(2)})`,
    ],
    [
      "convicted",
      `${measures.convicted} (${measures.convictedInnocents} innocent), for ${mib(measures.falseBytes)} of false bytes`,
    ],
  ];
}

/** Of a segment, so long after its publication. */
function heldBy({ spread, options }: Measures): string {
  const shown = spread.held.filter(({ ageMs }) => ageMs > 0 && ageMs % 2_000 === 0 && ageMs <= options.latencyMs);
  return shown.map(({ ageMs, share }) => `${percent(share)} after ${ageMs / 1000} s`).join(", ");
}
