import type { SimulationOptions } from "./options.ts";
import type { PersonsLoad } from "./segment-copies.ts";
import type { FinishedRun } from "./simulation.ts";
import { sum } from "./statistics.ts";

/** Part of a run. */
export interface Window {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly offload: number;
  readonly playedBytes: number;
  readonly cdnBytes: number;
  /** The CDN's busiest second, bytes. */
  readonly cdnPeakBytes: number;
}

const STRETCH_MS = 10_000;
/** A shorter part says nothing. */
const LEAST_MS = 1_000;

/** A run in stretches of ten seconds. */
export function stretches(run: FinishedRun, loads: readonly PersonsLoad[]): Window[] {
  const ends = Array.from({ length: Math.floor(run.endMs / STRETCH_MS) }, (_, at) => (at + 1) * STRETCH_MS);
  return ends.map((toMs) => windowOf(run, loads, { name: `${toMs / 1000} s`, fromMs: toMs - STRETCH_MS, toMs }));
}

/** Before, during and after what goes wrong; none where nothing does. */
export function faultWindows(run: FinishedRun, loads: readonly PersonsLoad[], steadyMs: number): Window[] {
  const trouble = troubleOf(run.options);
  if (!trouble) return [];
  const endMs = Math.floor(run.endMs / 1000) * 1000;
  const toMs = Math.min(endMs, trouble.toMs);
  const spans = [
    { name: "before", fromMs: Math.min(steadyMs, trouble.fromMs), toMs: trouble.fromMs },
    { name: "during", fromMs: trouble.fromMs, toMs },
    { name: "after", fromMs: toMs, toMs: endMs },
  ];
  return spans.filter(({ fromMs, toMs }) => toMs - fromMs >= LEAST_MS).map((span) => windowOf(run, loads, span));
}

/** Half of the viewers gone is over when those who stay have found others. */
const VANISHED_MS = 30_000;

function troubleOf({
  fault,
  faultAtMs,
  faultMs,
  brownOut,
}: SimulationOptions): { fromMs: number; toMs: number } | null {
  if (brownOut) return { fromMs: brownOut.fromMs, toMs: brownOut.fromMs + brownOut.durationMs };
  if (fault === "none" || fault === "liars") return null;
  return { fromMs: faultAtMs, toMs: faultAtMs + (fault === "vanish" ? VANISHED_MS : faultMs) };
}

function windowOf(
  { stream, egress }: FinishedRun,
  loads: readonly PersonsLoad[],
  { name, fromMs, toMs }: { readonly name: string; readonly fromMs: number; readonly toMs: number },
): Window {
  const within = loads.filter(({ doneMs }) => doneMs >= fromMs && doneMs < toMs);
  const playedBytes = sum(within.map(({ level }) => stream.rendition(level).segmentBytes));
  const seconds = egress.perSecond(Math.ceil(toMs / 1000)).slice(Math.floor(fromMs / 1000));
  const cdnBytes = sum(seconds);
  const offload = playedBytes === 0 ? 0 : 1 - cdnBytes / playedBytes;
  return { name, fromMs, toMs, offload, playedBytes, cdnBytes, cdnPeakBytes: Math.max(0, ...seconds) };
}
