/** What was seen at one moment of the day. */
export interface Look {
  readonly atSeconds: number;
  readonly floor: number;
  readonly replicas: number;
  readonly ready: number;
  /** Pods that the viewers would fill to what one is to hold. */
  readonly load: number;
}

const WIDTH = 900;
const HEIGHT = 360;
const EDGE = 44;
const LINES = [
  ["load", "#c2410c"],
  ["floor", "#64748b"],
  ["replicas", "#2563eb"],
  ["ready", "#16a34a"],
] as const;

/** Draws floor, replicas, ready and load over the time of a run. @returns SVG; empty axes where nothing was seen */
export function dayChart(title: string, looks: readonly Look[]): string {
  const end = Math.max(1, ...looks.map(({ atSeconds }) => atSeconds));
  const top = Math.max(1, ...looks.flatMap((look) => LINES.map(([name]) => look[name])));
  const x = (seconds: number): string => (EDGE + (seconds / end) * (WIDTH - 2 * EDGE)).toFixed(1);
  const y = (pods: number): string => (HEIGHT - EDGE - (pods / top) * (HEIGHT - 2 * EDGE)).toFixed(1);
  const text = (atX: number | string, atY: number | string, words: string, rest = ""): string =>
    `<text x="${atX}" y="${atY}"${rest}>${words}</text>`;
  const lines = LINES.map(([name, colour], at) => {
    // A number of pods holds until the next look.
    const steps = looks.map((look, index) => {
      const before = looks[index - 1];
      return `${before ? `${x(look.atSeconds)},${y(before[name])} ` : ""}${x(look.atSeconds)},${y(look[name])}`;
    });
    const line = `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${steps.join(" ")}"/>`;
    return line + text(EDGE + at * 90, HEIGHT - 8, name, ` fill="${colour}"`);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${text(EDGE, 22, title)}
<path d="M${x(0)} ${y(top)}V${y(0)}H${x(end)}" fill="none" stroke="#000"/>
${text(8, y(top), String(top))}${text(8, y(0), "0")}${text(WIDTH - EDGE, HEIGHT - 26, `${Math.round(end)} s`, ' text-anchor="end"')}
${lines.join("\n")}
</svg>
`;
}
