import type { ViewerReport } from "../page/viewer-report.ts";
import { offload, sourceBytes } from "./summary.ts";

const COLUMNS = [
  { title: "viewer", width: 12 },
  { title: "latency", width: 9 },
  { title: "buffer", width: 8 },
  { title: "picture", width: 8 },
  { title: "from CDN", width: 10 },
  { title: "from peers", width: 11 },
  { title: "sent", width: 10 },
  { title: "peers", width: 6 },
  { title: "stalls", width: 7 },
  { title: "", width: 16 },
] as const;

/** The viewers as a table, one line each, and one line of sums. */
export function tableText(reports: readonly (ViewerReport | null)[], secondsLeft: number): string {
  const seen = reports.filter((report) => report !== null);
  const bytes = sourceBytes(seen);
  const share = `${(offload(bytes) * 100).toFixed(0)} % from peers so far`;
  return [
    row(COLUMNS.map(({ title }) => title)),
    ...reports.map((report) => row(report ? cells(report) : ["…"])),
    `${share}, ${Math.max(0, Math.round(secondsLeft))} s to go`,
  ].join("\n");
}

function cells(report: ViewerReport): readonly string[] {
  const { latencyS, playheadS, startUpMs, stalling, failure, offReason } = report;
  const where =
    startUpMs === null ? "–" : latencyS === null ? `at ${playheadS.toFixed(0)} s` : `${latencyS.toFixed(1)} s`;
  const state = failure ?? (stalling ? "stalling" : startUpMs === null ? "starting" : (offReason ?? ""));
  return [
    report.name,
    where,
    `${report.bufferS.toFixed(1)} s`,
    report.height === null ? "–" : `${report.height}p`,
    megabytes(report.cdnBytes),
    megabytes(report.peerBytes),
    megabytes(report.sentBytes),
    String(report.neighbours.length),
    String(report.stalls),
    state,
  ];
}

function row(texts: readonly string[]): string {
  const padded = COLUMNS.map(({ width }, at) => {
    const text = texts[at] ?? "";
    return at === 0 ? text.padEnd(width) : at === COLUMNS.length - 1 ? `  ${text}` : text.padStart(width);
  });
  return padded.join("").trimEnd();
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Shows a text in a terminal and replaces it by the next; elsewhere prints one every ten seconds. */
export class LiveText {
  readonly #stream: NodeJS.WriteStream;
  #lines = 0;
  #printedAtMs = Number.NEGATIVE_INFINITY;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    if (this.#stream.isTTY) {
      const up = this.#lines > 0 ? `\x1b[${this.#lines}A` : "";
      // A line that wraps would count as one and be two.
      const lines = text.split("\n").map((line) => line.slice(0, this.#stream.columns - 1));
      this.#stream.write(`${up}\x1b[J${lines.join("\n")}\n`);
      this.#lines = lines.length;
    } else if (performance.now() - this.#printedAtMs >= 10_000) {
      this.#printedAtMs = performance.now();
      this.#stream.write(`${text}\n\n`);
    }
  }
}
