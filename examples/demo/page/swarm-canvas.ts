import type { Flow } from "./flows.ts";
import { cleanPaper } from "./paper.ts";
import { angleOf, type Point, type Ring } from "./ring.ts";

/** The swarm as it is to be drawn. */
export interface SwarmPicture {
  readonly ring: Ring;
  /** Centre of each viewer's card, by name. */
  readonly places: ReadonlyMap<string, Point>;
  /** Pairs of names that are connected. */
  readonly pairs: readonly (readonly [string, string])[];
  /** Networks round the ring: how many cards stand before, and how many are in it. */
  readonly arcs: readonly { readonly first: number; readonly count: number; readonly colour: string }[];
}

interface Route {
  readonly from: string | null;
  readonly to: string;
  readonly colour: string;
  /** What went this way lately; fades. */
  bytesPerSecond: number;
  shownWidth: number;
}

interface Dash {
  readonly route: Route;
  readonly startMs: number;
}

/** A dash stands for so many bytes: one piece. */
const DASH_BYTES = 65_536;
const MOST_DASHES = 16;
const TRAVEL_MS = 1_100;
/** Dashes of one look set out within this time. */
const SPREAD_MS = 900;
const FRAME_MS = 33;
/** Between pictures in which nothing travels. */
const CALM_FRAME_MS = 120;
const WIDEST = 9;

/** Draws who sends to whom: a band as wide as what went over it in the last second, dashes for the pieces. */
export class SwarmCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #still = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #routes = new Map<string, Route>();
  #dashes: Dash[] = [];
  #picture: SwarmPicture | null = null;
  #drawnMs = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    const frame = (nowMs: number): void => {
      requestAnimationFrame(frame);
      const frameMs = this.#dashes.length > 0 ? FRAME_MS : CALM_FRAME_MS;
      if (nowMs - this.#drawnMs < frameMs - 4) return;
      this.#draw(nowMs);
      this.#drawnMs = nowMs;
    };
    requestAnimationFrame(frame);
  }

  show(picture: SwarmPicture): void {
    this.#picture = picture;
  }

  /** @param elapsedMs since the flows before */
  add(flows: readonly Flow[], elapsedMs: number, colourOf: (flow: Flow) => string): void {
    const nowMs = performance.now();
    const keep = Math.exp(-elapsedMs / 1000);
    for (const route of this.#routes.values()) route.bytesPerSecond *= keep;
    for (const flow of flows) {
      const key = `${flow.from ?? ""}>${flow.to}`;
      const route = this.#routes.get(key) ?? {
        from: flow.from,
        to: flow.to,
        colour: colourOf(flow),
        bytesPerSecond: 0,
        shownWidth: 0,
      };
      this.#routes.set(key, route);
      route.bytesPerSecond += flow.bytes;
      if (this.#still.matches) continue;
      const count = Math.min(MOST_DASHES, Math.max(1, Math.round(flow.bytes / DASH_BYTES)));
      for (let i = 0; i < count; i++) this.#dashes.push({ route, startMs: nowMs + (SPREAD_MS * i) / count });
    }
  }

  clear(): void {
    this.#routes.clear();
    this.#dashes = [];
  }

  #draw(nowMs: number): void {
    const paper = cleanPaper(this.#canvas);
    const picture = this.#picture;
    if (!paper || !picture) return;
    const { context } = paper;
    context.lineCap = "round";
    drawArcs(context, picture);
    drawPairs(context, picture);
    const elapsedMs = Math.min(200, nowMs - this.#drawnMs);
    for (const [key, route] of this.#routes) {
      const width = Math.min(WIDEST, 0.85 * Math.sqrt(route.bytesPerSecond / 6_000));
      const ease = this.#still.matches ? 1 : Math.min(1, elapsedMs / 260);
      route.shownWidth += (width - route.shownWidth) * ease;
      if (route.bytesPerSecond < 500 && !this.#dashes.some((dash) => dash.route === route)) this.#routes.delete(key);
      const way = wayOf(route, picture);
      if (way) drawBand(context, route, way);
    }
    this.#dashes = this.#dashes.filter(({ startMs }) => nowMs < startMs + TRAVEL_MS);
    for (const { route, startMs } of this.#dashes) {
      const way = nowMs >= startMs ? wayOf(route, picture) : null;
      if (way) drawDash(context, route.colour, way, (nowMs - startMs) / TRAVEL_MS);
    }
  }
}

interface Way {
  readonly from: Point;
  readonly bend: Point;
  readonly to: Point;
}

/** A curve that bends to its right, so that there and back are two. */
function wayOf({ from, to }: Route, { ring, places }: SwarmPicture): Way | null {
  const start = from === null ? ring.centre : places.get(from);
  const end = places.get(to);
  if (!start || !end) return null;
  const bow = from === null ? 0.05 : 0.16;
  const bend = {
    x: (start.x + end.x) / 2 + (end.y - start.y) * bow,
    y: (start.y + end.y) / 2 - (end.x - start.x) * bow,
  };
  return { from: start, bend, to: end };
}

function pointOn({ from, bend, to }: Way, at: number): Point {
  const rest = 1 - at;
  return {
    x: rest * rest * from.x + 2 * rest * at * bend.x + at * at * to.x,
    y: rest * rest * from.y + 2 * rest * at * bend.y + at * at * to.y,
  };
}

function drawBand(context: CanvasRenderingContext2D, { colour, shownWidth }: Route, { from, bend, to }: Way): void {
  if (shownWidth < 0.15) return;
  context.globalAlpha = 0.3;
  context.strokeStyle = colour;
  context.lineWidth = shownWidth;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.quadraticCurveTo(bend.x, bend.y, to.x, to.y);
  context.stroke();
  context.globalAlpha = 1;
}

function drawDash(context: CanvasRenderingContext2D, colour: string, way: Way, at: number): void {
  const eased = at * at * (3 - 2 * at);
  const head = pointOn(way, eased);
  const tail = pointOn(way, Math.max(0, eased - 0.035));
  context.strokeStyle = colour;
  context.lineWidth = 3.2;
  context.beginPath();
  context.moveTo(tail.x, tail.y);
  context.lineTo(head.x, head.y);
  context.stroke();
}

function drawPairs(context: CanvasRenderingContext2D, { pairs, places }: SwarmPicture): void {
  context.strokeStyle = "rgb(160 185 205 / 0.09)";
  context.lineWidth = 1;
  context.beginPath();
  for (const [a, b] of pairs) {
    const [from, to] = [places.get(a), places.get(b)];
    if (!from || !to) continue;
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
  }
  context.stroke();
}

function drawArcs(context: CanvasRenderingContext2D, { ring, arcs, places }: SwarmPicture): void {
  context.lineWidth = 2;
  context.globalAlpha = 0.32;
  for (const { first, count, colour } of arcs) {
    if (count === 0) continue;
    context.strokeStyle = colour;
    context.beginPath();
    const [start, end] = [angleOf(first + 0.05, places.size), angleOf(first + count - 0.05, places.size)];
    context.ellipse(ring.centre.x, ring.centre.y, ring.radius.x, ring.radius.y, 0, start, end);
    context.stroke();
  }
  context.globalAlpha = 1;
}
