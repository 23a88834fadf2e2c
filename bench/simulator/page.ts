import { FETCH_CAUSES } from "./cdn.ts";
import { bars, columns, lines } from "./charts.ts";
import { type Measures, PLAYED_MS } from "./measures.ts";
import type { SegmentCopies } from "./segment-copies.ts";
import { sum } from "./statistics.ts";
import { summary } from "./summary.ts";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;color:#1d2730}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}pre{background:#f3f5f7;padding:1rem;overflow:auto}
svg{width:100%;height:auto}text{font:12px system-ui,sans-serif;fill:#51606d}`;

const MOST_COLUMNS = 300;
const PERCENT = { most: 100, unit: "%" };

/** A page of its own with the figures of a run: no script, no request. @param wallMs real time the run took */
export function page(measures: Measures, control: Measures | null, wallMs: number): string {
  const { steadyMs, options, upload, hops, neighbours, spread } = measures;
  const title = `Shoal simulated: ${options.viewers} viewers`;
  const mebibytes = upload.bytes.map((bytes) => bytes / 2 ** 20);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head><body>
<h1>${title}</h1>
<pre>${summary(measures, control, wallMs)}</pre>
<h2>Offload over time, % (steady from ${Math.round(steadyMs / 1000)} s)</h2>
${offload(measures)}
<h2>CDN copies per segment, by cause</h2>
${copies(measures)}
<h2>Sent by the CDN, Mbit/s</h2>
${egress(measures, control)}
<h2>Viewers that have a segment, % by seconds after its publication (steady)</h2>
${completion(measures, control)}
<h2>What viewers hold of a segment, % by seconds after its publication (steady)</h2>
${lines([{ name: "of all pieces", points: spread.held.map(({ ageMs, share }) => ({ x: ageMs / 1000, y: 100 * share })) }], PERCENT)}
<h2>Uplinks that are used, %, and viewers that are there, % of the most, over time</h2>
${busy(measures)}
<h2>Segment in the player's buffer, seconds after publication, over time</h2>
${delays(measures)}
<h2>Sent by each viewer that gives, most first, MiB</h2>
${bars(thinned(mebibytes), `${mebibytes.length} viewers that give`)}
<h2>Viewers that bytes passed through before they were played, % of bytes</h2>
${bars(shares(hops.bytes), `0 (from the CDN) to ${hops.bytes.length - 1}`)}
<h2>Neighbours at the end, % of viewers</h2>
${bars(shares(neighbours.histogram), `0 to ${neighbours.histogram.length - 1} neighbours`)}
</body></html>
`;
}

function offload({ stretches }: Measures): string {
  const points = stretches.map((stretch) => ({ x: stretch.toMs / 1000, y: Math.max(0, 100 * stretch.offload) }));
  return lines([{ name: "offload", points }], PERCENT);
}

function copies(measures: Measures): string {
  const played = playedOf(measures);
  const times = [...new Set(played.map(({ publishedMs }) => publishedMs))];
  const stacks = times.map((time) => {
    const segments = played.filter(({ publishedMs }) => publishedMs === time);
    return { x: time / 1000, parts: FETCH_CAUSES.map((cause) => sum(segments.map(({ byCause }) => byCause[cause]))) };
  });
  return columns(stacks, FETCH_CAUSES);
}

function egress(measures: Measures, control: Measures | null): string {
  const curves = [measures, ...(control ? [control] : [])].map(({ cdnPerSecond }, at) => ({
    name: at === 0 ? "with Shoal" : "from the CDN alone",
    points: cdnPerSecond.map((bytes, second) => ({ x: second, y: (bytes * 8) / 1e6 })),
  }));
  return lines(curves, { most: Math.max(1, ...curves.flatMap(({ points }) => points.map(({ y }) => y))), unit: "" });
}

function completion(measures: Measures, control: Measures | null): string {
  const curves = [measures, ...(control ? [control] : [])].map(({ steady }, at) => ({
    name: at === 0 ? "with Shoal" : "from the CDN alone",
    points: steady.completionMs.map((ms, percent) => ({ x: ms / 1000, y: percent })),
  }));
  return lines(curves, PERCENT);
}

function busy({ moments }: Measures): string {
  const most = Math.max(1, ...moments.map(({ viewers }) => viewers));
  const used = moments.map(({ atMs, usedBps, uplinkBps }) => ({
    x: atMs / 1000,
    y: (100 * usedBps) / Math.max(1, uplinkBps),
  }));
  const there = moments.map(({ atMs, viewers }) => ({ x: atMs / 1000, y: (100 * viewers) / most }));
  return lines(
    [
      { name: "uplinks", points: used },
      { name: "viewers", points: there },
    ],
    PERCENT,
  );
}

function delays(measures: Measures): string {
  const shown = playedOf(measures).filter(({ loads }) => loads > 0);
  const points = (of: (segment: SegmentCopies) => number): { x: number; y: number }[] =>
    shown.map((segment) => ({ x: segment.publishedMs / 1000, y: of(segment) / 1000 }));
  const curves = [
    { name: "half of the viewers", points: points(({ halfMs }) => halfMs) },
    { name: "95 %", points: points(({ mostMs }) => mostMs) },
  ];
  return lines(curves, { most: Math.max(1, ...shown.map(({ mostMs }) => mostMs / 1000)), unit: "s" });
}

/** Segments that had time to be played. */
function playedOf({ segments, options }: Measures): SegmentCopies[] {
  return segments.filter(({ publishedMs }) => publishedMs <= options.seconds * 1000 - PLAYED_MS);
}

function shares(values: readonly number[]): number[] {
  const all = Math.max(1, sum(values));
  return values.map((value) => (100 * value) / all);
}

/** So many of the values that a page stays small. */
function thinned(values: readonly number[]): readonly number[] {
  const step = Math.max(1, values.length / MOST_COLUMNS);
  return values.length <= MOST_COLUMNS
    ? values
    : values.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step));
}
