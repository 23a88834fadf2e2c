import { bars, type Curve, escaped, lines } from "./charts.ts";
import { MEASURES, type MeasureName } from "./measures.ts";
import type { PlayerName } from "./players.ts";
import type { RunRecord } from "./run-record.ts";
import type { Pair } from "./start-up-measures.ts";
import { spread, sum } from "./statistics.ts";
import { type PlayerMeasures, titleOf } from "./table.ts";
import { growth } from "./windows.ts";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;color:#1d2730}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #dfe5ea;font-variant-numeric:tabular-nums}
td:first-child,th:first-child{text-align:left;white-space:pre}svg{width:100%;height:auto}
text{font:12px system-ui,sans-serif;fill:#51606d}`;

/** Figures that are drawn beside each other. */
const DRAWN: readonly MeasureName[] = [
  "offloadSteady",
  "copiesSteady",
  "joinMegabytes",
  "stallS",
  "latencyS",
  "mainThread",
];
/** The rate of a moment is that of so many seconds before it. */
const RATE_OVER_MS = 8_000;

/** A page of its own with the figures of all runs: no script, no request. */
export function runReport(
  about: readonly string[],
  rows: readonly (readonly string[])[],
  players: readonly PlayerMeasures[],
  records: readonly RunRecord[],
): string {
  const firsts = players.flatMap(({ player }) => records.find((record) => record.player === player) ?? []);
  const charts = DRAWN.flatMap((name) => {
    const values = players.map(({ player, runs }) => ({
      name: titleOf(player),
      value: spread(runs.map((measures) => measures[name])),
    }));
    const [title, unit] = MEASURES[name];
    return values.some(({ value }) => value) ? [heading(title), bars(values, unit)] : [];
  });
  return page(about, rows, [
    ...charts,
    heading("What the CDN sends to viewers, Mbit/s (first run of each player)"),
    lines(firsts.map(cdnRate), "Mbit/s"),
    heading("Viewers whose picture stands still (first run of each player)"),
    lines(firsts.map(stalledNow), ""),
  ]);
}

/** The same of start-ups. */
export function startUpReport(
  about: readonly string[],
  rows: readonly (readonly string[])[],
  results: readonly { readonly player: PlayerName; readonly pairs: readonly Pair[] }[],
): string {
  const charts = results.flatMap(({ player, pairs }) => {
    const curve = (name: string, side: "plain" | "player"): Curve => ({
      name,
      points: pairs
        .flatMap((pair) => pair[side].startUpMs ?? [])
        .toSorted((a, b) => a - b)
        .map((y, x) => ({ x, y })),
    });
    const title = `Start-up of each page load, shortest first, ms: ${titleOf(player)}`;
    return [heading(title), lines([curve("alone", "plain"), curve(titleOf(player), "player")], "ms")];
  });
  return page(about, rows, charts);
}

function cdnRate({ player, origin, beganMs }: RunRecord): Curve {
  const points = origin.map(({ atMs }) => {
    const bytes = growth(origin, { fromMs: atMs - RATE_OVER_MS, toMs: atMs }, ({ viewersBytes }) => viewersBytes) ?? 0;
    return { x: (atMs - beganMs) / 1000, y: (bytes * 8) / RATE_OVER_MS / 1000 };
  });
  return { name: titleOf(player), points };
}

function stalledNow({ player, seats, beganMs, endMs }: RunRecord): Curve {
  const stalls = seats.flatMap(({ page }) => page?.stalls ?? []);
  const points = Array.from({ length: Math.ceil((endMs - beganMs) / 1000) }, (_, x) => {
    const atMs = beganMs + x * 1000;
    return { x, y: sum(stalls.map(({ fromMs, toMs }) => (fromMs <= atMs && toMs > atMs ? 1 : 0))) };
  });
  return { name: titleOf(player), points };
}

const heading = (text: string): string => `<h2>${escaped(text.trim())}</h2>`;

function page(
  [title = "", ...about]: readonly string[],
  rows: readonly (readonly string[])[],
  parts: readonly string[],
) {
  const row = (cells: readonly string[], tag: "td" | "th"): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  const [head = [], ...body] = rows;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shoal bench, ${escaped(title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(title)}</h1>
<p>${about.map(escaped).join("<br>")}<br>Median, and in brackets the least and the most of all runs.</p>
<table>${row(head, "th")}${body.map((cells) => row(cells, "td")).join("")}</table>
${parts.join("\n")}
</body></html>
`;
}
