import { COUNTS_MAY_DIFFER, type Summary } from "./summary.ts";

/** What a small live swarm should carry itself, joins included. */
const LIVE_OFFLOAD_GOAL = 0.6;

/** The summary as it is printed. */
export function summaryText(summary: Summary): string {
  const { faults } = summary;
  const lines = [
    ["offload", `${percent(summary.offloadByViewers)} of segment bytes came from peers, joins included`],
    [
      "  by the viewers",
      `${megabytes(summary.peerBytes)} from peers, ${megabytes(summary.cdnBytesByViewers)} from the CDN`,
    ],
    [
      "  by the origin",
      `${percent(summary.offloadByOrigin)}: ${megabytes(summary.cdnBytesByOrigin)} served to viewers; the two counts differ by ${percent(summary.countsDiffer)} (allowed: ${percent(COUNTS_MAY_DIFFER)})`,
    ],
    ["  steady", steadyText(summary)],
    ...summary.flows.map(({ from, to, bytes }) => [`${from} to ${to}`, `${megabytes(bytes)} from peers`]),
    ["sealer, apart", `${megabytes(summary.sealerBytes)} in ${summary.sealerRequests} requests`],
    ["stalls", summary.stalls === 0 ? "none" : `${summary.stalls}, ${(summary.stalledMs / 1000).toFixed(1)} s in all`],
    ["start-up", startUpText(summary)],
    ...(summary.stream === "live" ? [["60 % live goal", goalText(summary)]] : []),
    ["result", faults.length === 0 ? "passed" : "FAILED"],
  ];
  const rows = lines.map(([name = "", text = ""]) => `${name.padEnd(17)}${text}`);
  return [...rows, ...faults.map((fault) => `${" ".repeat(17)}${fault}`), ""].join("\n");
}

function steadyText({ steadyOffload, steadyCopiesPerSegment, steadySegments, viewers }: Summary): string {
  if (steadyOffload === null || steadyCopiesPerSegment === null) return "not measured: the run was too short";
  const copies = `${steadyCopiesPerSegment.toFixed(2)} CDN copies per segment over ${steadySegments} segments`;
  const best = `one copy for ${viewers} viewers is ${percent(1 - 1 / viewers)}`;
  return `${percent(steadyOffload)} from peers once all had joined (${best}); ${copies}`;
}

function startUpText({ player, startUp: { plainMs, shoalMs, pairs, ratio } }: Summary): string {
  if (plainMs === null || shoalMs === null || ratio === null) return "not measured";
  const medians = `plain ${player}.js ${Math.round(plainMs)} ms, Shoal ${Math.round(shoalMs)} ms`;
  return `${medians} to the first frame: ${ratio.toFixed(2)} times (medians, n = ${pairs} each, alternating)`;
}

function goalText({ offloadByViewers }: Summary): string {
  return offloadByViewers >= LIVE_OFFLOAD_GOAL ? "met" : "not met";
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
