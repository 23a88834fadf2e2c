import type { SegmentCount } from "@shoal/origin";
import { natOf } from "./network/plan.ts";
import type { Sample } from "./page/viewer-record.ts";
import type { RunRecord } from "./run-record.ts";
import { mean, percent, ratio, sum } from "./statistics.ts";
import { growth, type Span } from "./windows.ts";

/** CDN bytes of a join are those of a viewer's first seconds. */
const JOIN_MS = 20_000;
/** A live segment that is asked for so late may still be wanted by others when the run ends. */
const LIVE_TAIL_MS = 8_000;

/** Figures of bytes by source: of the whole run, and of its steady part. */
export function offloads(run: RunRecord, whole: Span, steady: Span) {
  const { counts, seats } = run;
  const viewers = (span: Span, value: (sample: Sample) => number | null): number | null => {
    const grown = seats.map(({ page }) => growth(page?.samples ?? [], span, value));
    return grown.every((bytes) => bytes !== null) ? sum(grown) : null;
  };
  const handed = (span: Span): number => viewers(span, ({ handedBytes }) => handedBytes) ?? 0;
  const cdn = (span: Span): number => viewers(span, ({ cdnBytes }) => cdnBytes) ?? 0;
  const origin = (span: Span): number => growth(run.origin, span, ({ viewersBytes }) => viewersBytes) ?? 0;
  const offload = (cdnBytes: number, handedBytes: number): number | null => {
    const share = percent(ratio(cdnBytes, handedBytes));
    return share === null ? null : 100 - share;
  };
  const received = viewers(whole, ({ cdnBytes, peerBytes }) => (peerBytes === null ? null : cdnBytes + peerBytes));
  return {
    offloadSteady: offload(origin(steady), handed(steady)),
    offloadLimit:
      run.player === "plain" || run.scenario.mixedLevels ? null : 100 * (1 - leastCopies(run) / run.viewers),
    offloadViewers: offload(cdn(steady), handed(steady)),
    offloadWhole: offload(counts.viewers.bytes, handed(whole)),
    countsDiffer: percent(ratio(Math.abs(counts.viewers.bytes - cdn(whole)), counts.viewers.bytes)),
    copiesSteady: mean(settled(run, run.steadyMs).map(({ viewers, sizeBytes }) => viewers.bytes / sizeBytes)),
    copiesWeighted: weighted(settled(run, run.steadyMs)),
    copiesWhole: mean(settled(run, run.beganMs).map(({ viewers, sizeBytes }) => viewers.bytes / sizeBytes)),
    unplayed: received === null ? null : percent(ratio(received - handed(whole), handed(whole))),
  };
}

/** One for all, and one for each viewer that nobody can connect to without a relay. */
function leastCopies({ scenario: { homes }, viewers }: RunRecord): number {
  if (homes === null) return 1;
  const alone = Array.from({ length: viewers }, (_, viewer) => natOf(viewer, homes)).filter(
    (nat) => nat === "symmetric",
  );
  return Math.min(viewers, 1 + alone.length);
}

/** Segments that were first asked for from a moment on, but those that some viewers may still want. */
function settled(
  { counts, firstAskedMs, endMs, scenario, viewers, joinGapMs }: RunRecord,
  fromMs: number,
): readonly SegmentCount[] {
  const tailMs = scenario.live ? LIVE_TAIL_MS : LIVE_TAIL_MS + (viewers - 1) * joinGapMs;
  const known = Object.entries(counts.segments).filter(([path, segment]) => {
    const askedMs = firstAskedMs[path] ?? 0;
    return askedMs >= fromMs && askedMs < endMs - tailMs && segment.viewers.bytes > 0;
  });
  return known.map(([, segment]) => segment);
}

/** Sound is many segments and few bytes: here it counts by its bytes. */
function weighted(segments: readonly SegmentCount[]): number | null {
  return ratio(sum(segments.map(({ viewers }) => viewers.bytes)), sum(segments.map(({ sizeBytes }) => sizeBytes)));
}

/** What the origin sent a viewer in its first 20 s, MB, on average over those that stayed so long. */
export function joinBytes({ seats, origin }: RunRecord): number | null {
  const stayed = seats.filter(({ joinedMs, leftMs }) => leftMs - joinedMs >= JOIN_MS);
  return mean(
    stayed.map(({ name, joinedMs }) => {
      const span = { fromMs: joinedMs, toMs: joinedMs + JOIN_MS };
      return (growth(origin, span, ({ clients }) => clients[name] ?? 0) ?? 0) / 1e6;
    }),
  );
}
