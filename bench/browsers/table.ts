import { MEASURES, type MeasureName, type Measures } from "./measures.ts";
import { type PlayerName, setUpOf } from "./players.ts";
import type { StartUpMeasures } from "./start-up-measures.ts";
import { type Spread, spread } from "./statistics.ts";

/** The measures of a player's runs. */
export interface PlayerMeasures {
  readonly player: PlayerName;
  readonly runs: readonly Measures[];
}

/** Stands where a player, or a scenario, has no such figure. */
export const NONE = "–";

export const titleOf = (player: PlayerName): string => setUpOf(player, "ordinary").title;

/** Figures by row and player, as texts; rows that no player has a figure for are left out. */
export function tableRows(players: readonly PlayerMeasures[]): readonly (readonly string[])[] {
  const names = Object.keys(MEASURES) as MeasureName[];
  const rows = names.flatMap((name) => {
    const spreads = players.map(({ runs }) => spread(runs.map((measures) => measures[name])));
    if (spreads.every((one) => one === null)) return [];
    const [title, unit] = MEASURES[name];
    return [[unit === "" ? title : `${title}, ${unit}`, ...spreads.map(spreadText)]];
  });
  return [["", ...players.map(({ player }) => titleOf(player))], ...rows];
}

/** Less of all cores free, %, and a figure that depends on time is the machine's as much as the player's. */
const LEAST_IDLE = 10;

/** What must be known before the figures are believed; empty: nothing. */
export function caveats(players: readonly PlayerMeasures[]): readonly string[] {
  const busy = players.filter(({ runs }) => runs.some(({ idle }) => idle !== null && idle < LEAST_IDLE));
  if (busy.length === 0) return [];
  const names = busy.map(({ player }) => titleOf(player)).join("; ");
  return [`The machine had hardly a core free (${names}): do not believe latency, start-up, stalls and busy threads.`];
}

/** Start-up of each player against plain hls.js, or plain dash.js. */
export function startUpRows(
  results: readonly (readonly [PlayerName, StartUpMeasures])[],
): readonly (readonly string[])[] {
  const cell = (value: number | null | undefined, digits: number): string =>
    value == null ? NONE : value.toFixed(digits);
  const line = (title: string, text: (measures: StartUpMeasures) => string) => [
    title,
    ...results.map(([, measures]) => text(measures)),
  ];
  return [
    ["", ...results.map(([player]) => titleOf(player))],
    line("pairs of page loads (failed)", ({ pairs, failed }) => `${pairs} (${failed})`),
    line("start-up of hls.js or dash.js alone, median, ms", ({ plainMs }) => cell(plainMs, 0)),
    line("start-up of the player, median, ms", ({ playerMs }) => cell(playerMs, 0)),
    line("ratio, median of the pairs", ({ ratio }) => cell(ratio?.median, 3)),
    line("  upper 95 % bound", ({ ratio }) => cell(ratio?.upper95, 3)),
    line("first segment asked for later by, median, ms", ({ requestLaterMs }) => cell(requestLaterMs?.median, 1)),
    line("  upper 95 % bound", ({ requestLaterMs }) => cell(requestLaterMs?.upper95, 1)),
  ];
}

/** `12.3 (12.1–12.9)`: median, and from the least to the most where there are several. */
export function spreadText(one: Spread | null): string {
  if (one === null) return NONE;
  const middle = figure(one.median);
  return one.values.length < 2 ? middle : `${middle} (${figure(one.least)}–${figure(one.most)})`;
}

/** Three or four digits that say something. */
export function figure(value: number): string {
  const size = Math.abs(value);
  const text = value.toFixed(size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2);
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/** Columns of equal width: the first to the left, all others to the right. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) => row.map((text, at) => (at === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[at] ?? 0))))
    .map((cells) => cells.join("  ").trimEnd())
    .join("\n");
}
