const WIDTH = 900;
const HEIGHT = 240;
const LEFT = 46;
const BOTTOM = 24;
const TOP = 18;
const COLOURS = ["#2b6cb0", "#c05621", "#2f855a", "#b83280", "#718096"];

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Curves over seconds. */
export function lines(
  curves: readonly { readonly name: string; readonly points: readonly Point[] }[],
  scale: { readonly most: number; readonly unit: string },
): string {
  const xs = curves.flatMap(({ points }) => points.map(({ x }) => x));
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const drawn = curves.map(({ points }, at) => {
    const path = points.map(({ x, y }) => `${across(x, first, last).toFixed(1)},${up(y, scale.most).toFixed(1)}`);
    return `<polyline fill="none" stroke-width="2" stroke="${colour(at)}" points="${path.join(" ")}"/>`;
  });
  const names = curves.map(({ name }) => name);
  return frame(scale.most, scale.unit, `${first} to ${last} s`, [...drawn, legend(names)]);
}

/** Stacked columns over the seconds of a run. */
export function columns(
  stacks: readonly { readonly x: number; readonly parts: readonly number[] }[],
  names: readonly string[],
): string {
  const most = Math.max(1, ...stacks.map(({ parts }) => parts.reduce((a, b) => a + b, 0)));
  const width = (WIDTH - LEFT) / Math.max(1, stacks.length);
  const drawn = stacks.flatMap(({ parts }, column) => {
    let below = 0;
    return parts.map((part, at) => {
      const top = up(below + part, most);
      const height = up(below, most) - top;
      below += part;
      return rectangle(LEFT + column * width, top, width * 0.8, height, colour(at));
    });
  });
  const [first, last] = [stacks[0]?.x ?? 0, stacks[stacks.length - 1]?.x ?? 0];
  return frame(most, "", `${first} to ${last} s`, [...drawn, legend(names)]);
}

/** One column for each value. @param below what the columns are */
export function bars(values: readonly number[], below: string): string {
  const most = Math.max(1, ...values);
  const width = (WIDTH - LEFT) / Math.max(1, values.length);
  const drawn = values.map((value, at) =>
    rectangle(LEFT + at * width, up(value, most), Math.max(0.5, width * 0.9), up(0, most) - up(value, most), colour(0)),
  );
  return frame(most, "", below, drawn);
}

function frame(most: number, unit: string, below: string, drawn: readonly string[]): string {
  const marks = [0, 0.5, 1].map((share) => {
    const y = up(share * most, most).toFixed(1);
    const rule = `<line x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}" stroke="#dfe5ea"/>`;
    return `${rule}<text x="${LEFT - 6}" y="${y}" dy="4" text-anchor="end">${round(share * most)} ${unit}</text>`;
  });
  const foot = `<text x="${LEFT}" y="${HEIGHT - 6}">${below}</text>`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${marks.join("")}${drawn.join("")}${foot}</svg>`;
}

function legend(names: readonly string[]): string {
  const items = names.map((name, at) => {
    const x = LEFT + 10 + at * 150;
    return `${rectangle(x, 2, 10, 10, colour(at))}<text x="${x + 15}" y="11">${name}</text>`;
  });
  return items.join("");
}

const rectangle = (x: number, y: number, width: number, height: number, fill: string): string =>
  `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${fill}"/>`;
const colour = (at: number): string => COLOURS[at % COLOURS.length] ?? "#000";
const up = (value: number, most: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);
const across = (x: number, first: number, last: number): number =>
  LEFT + ((x - first) / Math.max(1, last - first)) * (WIDTH - LEFT - 10);
const round = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(1));
