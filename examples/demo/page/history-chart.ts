import type { BySource } from "./history.ts";
import { cleanPaper, type Paper } from "./paper.ts";

const TOP = 16;
const BOTTOM = 18;

/** Draws rates by source as stacked areas, oldest on the left. */
export function drawHistory(canvas: HTMLCanvasElement, rates: readonly BySource[], colours: readonly string[]): void {
  const paper = cleanPaper(canvas);
  if (!paper) return;
  const totals = rates.map((bySource) => bySource.reduce((sum, rate) => sum + rate, 0));
  const ceiling = niceCeiling(Math.max(2e6, ...totals));
  const { width, height, context } = paper;
  const xOf = (at: number) => (at / Math.max(1, rates.length - 1)) * width;
  const yOf = (rate: number) => height - BOTTOM - (rate / ceiling) * (height - TOP - BOTTOM);
  drawScale(paper, ceiling, yOf, rates.length);
  let below = rates.map(() => 0);
  for (const [source, colour] of colours.entries()) {
    const above = below.map((base, at) => base + (rates[at]?.[source] ?? 0));
    context.beginPath();
    for (const [at, rate] of above.entries()) context.lineTo(xOf(at), yOf(rate));
    for (const [at, rate] of [...below.entries()].reverse()) context.lineTo(xOf(at), yOf(rate));
    context.closePath();
    context.globalAlpha = 0.82;
    context.fillStyle = colour;
    context.fill();
    below = above;
  }
  context.globalAlpha = 1;
}

function drawScale({ context, width, height }: Paper, ceiling: number, yOf: (rate: number) => number, seconds: number) {
  context.strokeStyle = "#1d2731";
  context.lineWidth = 1;
  context.fillStyle = "#6d7c89";
  context.font = "11px system-ui, 'Liberation Sans', sans-serif";
  for (const rate of [0, ceiling / 2, ceiling]) {
    const y = Math.round(yOf(rate)) + 0.5;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(width, y);
    context.stroke();
  }
  context.textBaseline = "bottom";
  context.textAlign = "left";
  context.fillText(`${ceiling / 1e6} Mbit/s`, 0, yOf(ceiling) - 2);
  context.textBaseline = "top";
  context.fillText(`${seconds} s ago`, 0, height - BOTTOM + 5);
  context.textAlign = "right";
  context.fillText("now", width, height - BOTTOM + 5);
}

/** The next round figure whose half is round too. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 3, 4, 6, 8].find((step) => step * power >= value) ?? 10) * power;
}
