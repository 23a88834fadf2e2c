import { type Scenario, SETTLE_MS } from "./scenarios.ts";

/** Something that happens in a run, so long after its begin. Viewers are numbered in the order they join. */
export type Act =
  | { readonly atMs: number; readonly kind: "join" | "leave"; readonly viewer: number }
  | { readonly atMs: number; readonly kind: "trouble" | "relief" | "steady" | "end" };

/** When a run does what. */
export interface Timetable {
  readonly acts: readonly Act[];
  /** Viewers in all, those that come later to replace others included. */
  readonly viewers: number;
  readonly steadyMs: number;
  readonly endMs: number;
  /** From when until when the CDN is in trouble; null: never. */
  readonly trouble: { readonly fromMs: number; readonly toMs: number } | null;
}

/** What is watched after the trouble before a run may end. */
const AFTER_TROUBLE_MS = 20_000;

/** Seconds after the last join that a scenario needs at least. */
export function leastSeconds({ trouble }: Scenario): number {
  const troubledMs = trouble === null ? 0 : trouble.afterMs + trouble.lastsMs + AFTER_TROUBLE_MS;
  return Math.max(SETTLE_MS + 10_000, troubledMs) / 1000;
}

/** @param seconds from the last join to the end */
export function timetable(
  scenario: Scenario,
  { viewers, seconds, joinGapMs }: { readonly viewers: number; readonly seconds: number; readonly joinGapMs: number },
): Timetable {
  const lastJoinMs = (viewers - 1) * joinGapMs;
  const steadyMs = lastJoinMs + SETTLE_MS;
  const endMs = lastJoinMs + seconds * 1000;
  const acts: Act[] = [];
  for (let viewer = 0; viewer < viewers; viewer++) acts.push({ atMs: viewer * joinGapMs, kind: "join", viewer });
  let joined = viewers;
  if (scenario.replaceEveryMs !== null) {
    for (let atMs = steadyMs; atMs < endMs; atMs += scenario.replaceEveryMs) {
      acts.push({ atMs, kind: "leave", viewer: joined - viewers }, { atMs, kind: "join", viewer: joined });
      joined++;
    }
  }
  const { trouble } = scenario;
  const span = trouble && {
    fromMs: lastJoinMs + trouble.afterMs,
    toMs: lastJoinMs + trouble.afterMs + trouble.lastsMs,
  };
  if (span) acts.push({ atMs: span.fromMs, kind: "trouble" }, { atMs: span.toMs, kind: "relief" });
  acts.push({ atMs: steadyMs, kind: "steady" }, { atMs: endMs, kind: "end" });
  return { acts: acts.toSorted((a, b) => a.atMs - b.atMs), viewers: joined, steadyMs, endMs, trouble: span };
}
