const WIDTH = 900;
const HEIGHT = 240;
const LEFT = 72;
const BOTTOM = 24;
const TOP = 20;
const COLOURS = ["#718096", "#c05621", "#b83280", "#2f855a", "#2b6cb0"];

export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A figure by player with what it ranged over; null: none. */
export interface Bar {
  readonly name: string;
  readonly value: { readonly median: number; readonly least: number; readonly most: number } | null;
}

/** Curves over the seconds of a run. */
export function lines(curves: readonly Curve[], unit: string): string {
  const points = curves.flatMap((curve) => curve.points);
  const lastX = Math.max(1, ...points.map(({ x }) => x));
  const most = Math.max(1, ...points.map(({ y }) => y));
  const drawn = curves.map((curve, at) => {
    const path = curve.points.map(({ x, y }) => `${across(x / lastX).toFixed(1)},${up(y / most).toFixed(1)}`);
    return `<polyline fill="none" stroke-width="2" stroke="${colour(at)}" points="${path.join(" ")}"/>`;
  });
  const legend = curves.map(({ name }, at) => {
    const x = LEFT + 10 + at * 160;
    return `${rectangle(x, 2, 10, 10, colour(at))}<text x="${x + 15}" y="11">${escaped(name)}</text>`;
  });
  return frame(most, unit, [
    ...drawn,
    ...legend,
    `<text x="${LEFT}" y="${HEIGHT - 6}">0 to ${Math.round(lastX)} s</text>`,
  ]);
}

/** One bar for each player, with a line from its least to its most. */
export function bars(players: readonly Bar[], unit: string): string {
  const most = Math.max(0, ...players.map(({ value }) => value?.most ?? 0)) || 1;
  const step = (WIDTH - LEFT) / Math.max(1, players.length);
  const drawn = players.flatMap(({ name, value }, at) => {
    const left = LEFT + step * at + step * 0.2;
    const middle = left + step * 0.3;
    const label = `<text x="${middle}" y="${HEIGHT - 6}" text-anchor="middle">${escaped(name)}</text>`;
    if (value === null) return [label, `<text x="${middle}" y="${up(0) - 4}" text-anchor="middle">–</text>`];
    const top = up(Math.max(0, value.median) / most);
    const [high, low] = [up(Math.max(0, value.most) / most), up(Math.max(0, value.least) / most)];
    return [
      label,
      rectangle(left, top, step * 0.6, up(0) - top, colour(at)),
      `<line x1="${middle}" x2="${middle}" y1="${high.toFixed(1)}" y2="${low.toFixed(1)}" stroke="#1d2730" stroke-width="2"/>`,
      `<text x="${middle}" y="${Math.max(12, high - 5).toFixed(1)}" text-anchor="middle">${round(value.median)}</text>`,
    ];
  });
  return frame(most, unit, drawn);
}

/** Text that HTML and SVG show as it is. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function frame(most: number, unit: string, drawn: readonly string[]): string {
  const marks = [0, 0.5, 1].map((share) => {
    const y = up(share).toFixed(1);
    const rule = `<line x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}" stroke="#dfe5ea"/>`;
    return `${rule}<text x="${LEFT - 6}" y="${y}" dy="4" text-anchor="end">${round(share * most)} ${unit}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${marks.join("")}${drawn.join("")}</svg>`;
}

const rectangle = (x: number, y: number, width: number, height: number, fill: string): string =>
  `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${fill}"/>`;
const colour = (at: number): string => COLOURS[at % COLOURS.length] ?? "#000";
const up = (share: number): number => HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
const across = (share: number): number => LEFT + share * (WIDTH - LEFT - 10);
const round = (value: number): string => (Math.abs(value) >= 10 ? value.toFixed(0) : value.toFixed(1));
