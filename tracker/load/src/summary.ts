import { cpus } from "node:os";
import type { CrowdStats } from "./crowd-stats.ts";
import type { LoadOptions } from "./options.ts";
import type { TrackerUse } from "./tracker-gauge.ts";

/** What one run of a crowd showed. Times in milliseconds, null where it could not be measured. */
export interface LoadSummary {
  readonly viewers: number;
  readonly joined: number;
  readonly joins: number;
  readonly joinsPerSecond: number;
  readonly joinMs: Percentiles;
  readonly pairs: number;
  readonly pairMs: Percentiles;
  readonly pairsFailed: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly moves: number;
  readonly noise: number;
  readonly sameIspShare: number | null;
  readonly trackerCpuSeconds: number | null;
  readonly cpuMsPerJoin: number | null;
  readonly residentBytesPerViewer: number | null;
  /** Up and down, without seals. */
  readonly bytesPerViewerHour: number | null;
  readonly sealBytesPerViewerHour: number | null;
  readonly machine: string;
}

export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** Puts together what crowd and tracker say. */
export function summarise(
  options: Pick<LoadOptions, "viewers" | "rampMs">,
  stats: CrowdStats,
  use: { readonly before: TrackerUse | null; readonly ramped: TrackerUse | null; readonly after: TrackerUse | null },
  ramped: { readonly joins: number; readonly seconds: number },
): LoadSummary {
  const { counts } = stats;
  const percentiles = (of: CrowdStats["join"]): Percentiles => ({
    p50: of.quantile(0.5),
    p95: of.quantile(0.95),
    p99: of.quantile(0.99),
  });
  const hours = counts.joinedMs / 3_600_000;
  const { before, after } = use;
  const rampCpu = before && use.ramped ? use.ramped.cpuSeconds - before.cpuSeconds : null;
  return {
    viewers: options.viewers,
    joined: stats.joined,
    joins: counts.joins,
    joinsPerSecond: ramped.seconds > 0 ? ramped.joins / ramped.seconds : 0,
    joinMs: percentiles(stats.join),
    pairs: counts.pairs,
    pairMs: percentiles(stats.pair),
    pairsFailed: counts.pairsFailed,
    refusals: stats.refusals,
    lost: counts.lost,
    moves: counts.moves,
    noise: counts.noise,
    sameIspShare: counts.candidates > 0 ? counts.sameIspCandidates / counts.candidates : null,
    trackerCpuSeconds: before && after ? after.cpuSeconds - before.cpuSeconds : null,
    cpuMsPerJoin: rampCpu !== null && ramped.joins > 0 ? (rampCpu * 1_000) / ramped.joins : null,
    residentBytesPerViewer:
      before && after && stats.joined > 0 ? (after.residentBytes - before.residentBytes) / stats.joined : null,
    bytesPerViewerHour: hours > 0 ? (counts.upBytes + counts.downBytes - counts.sealBytes) / hours : null,
    sealBytesPerViewerHour: hours > 0 ? counts.sealBytes / hours : null,
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`,
  };
}

/** For people. */
export function describe(summary: LoadSummary): string {
  const ms = (value: number | null): string => (value === null ? "–" : `${value.toPrecision(3)} ms`);
  const kB = (value: number | null): string => (value === null ? "–" : `${(value / 1_000).toFixed(1)} kB`);
  const three = ({ p50, p95, p99 }: Percentiles): string => `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}`;
  const refused = Object.entries(summary.refusals).map(([code, count]) => `${code} ${count}`);
  const share = summary.sameIspShare;
  const rows: readonly (readonly [string, string])[] = [
    ["joined at the end", `${summary.joined} of ${summary.viewers}`],
    ["joins", `${summary.joins} in all, ${summary.joinsPerSecond.toFixed(0)} a second in the ramp`],
    ["join", three(summary.joinMs)],
    ["pairs", `${summary.pairs} (${summary.pairsFailed} not answered)`],
    ["offer to answer", three(summary.pairMs)],
    ["refused", refused.length > 0 ? refused.join(", ") : "none"],
    ["lost, asked to move", `${summary.lost}, ${summary.moves}`],
    ["candidates of the same ISP", share === null ? "–" : `${(share * 100).toFixed(0)} %`],
    ["tracker CPU", summary.trackerCpuSeconds === null ? "–" : `${summary.trackerCpuSeconds.toFixed(2)} s in all`],
    ["tracker CPU a join with its pairs", ms(summary.cpuMsPerJoin)],
    ["tracker memory a joined viewer", kB(summary.residentBytesPerViewer)],
    [
      "bytes a viewer-hour (payload)",
      `${kB(summary.bytesPerViewerHour)}, and ${kB(summary.sealBytesPerViewerHour)} of seals`,
    ],
    ["machine", summary.machine],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
