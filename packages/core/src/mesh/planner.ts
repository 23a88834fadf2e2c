import type { ByteRange, PeerId, SegmentId, TrackId } from "@shoal/protocol";
import { type Asking, planAsks, TIGHT_MS } from "./ask-plan.ts";
import type { Announcement, Copy } from "./copy.ts";
import type { Elector, Electorate } from "./election.ts";
import { cdnStalledMs, planFetch } from "./fetch-plan.ts";
import { type Patience, stalledAtMs } from "./patience.ts";

/** A neighbour as the planner sees it. */
export interface PlanNeighbour {
  readonly peerId: PeerId;
  /** It sends to others. */
  readonly uploads: boolean;
  readonly tracks: ReadonlySet<TrackId>;
  /** Its uplink as it says it, in units of 100 kbit/s; 0 while unknown. */
  readonly uplink: number;
  /** Rate lately received from it, bit/s; null before the first piece. */
  readonly rateBps: number | null;
  /** Bytes asked of it and not here yet. */
  readonly outstandingBytes: number;
  /** Requests it lately left unanswered. */
  readonly lateness: number;
  /** It said that it can take no more before this, on the session's clock. */
  readonly busyUntilMs: number;
  /** When it last sent part of a piece, on the session's clock. */
  readonly lastReceivedMs: number;
  /** In our ISP group. */
  readonly sameIsp: boolean;
}

/** A segment that is wanted and not complete. */
export interface PlanSegment {
  readonly copy: Copy;
  /** Since when the player waits for it, on the session's clock; null if it does not. */
  readonly askedMs: number | null;
  /** Live, listed, of a track that is played, and not in the buffer yet: the player will ask for it soon. */
  readonly upcoming: boolean;
  /** When the buffer would run dry without it, on the session's clock; Infinity where nothing waits for it. */
  readonly dryMs: number;
  /** When the player would take it for lost, had it heard nothing of it till then. */
  readonly lostMs: number;
  /** The load's own whole request is still unused. */
  readonly canFetchWhole: boolean;
  /** Its URL is known, and its server is not known to refuse ranges. */
  readonly canSplit: boolean;
  /** That server has answered a range: it may be asked for several at once. */
  readonly gaveRanges: boolean;
  /** Among whom its fetchers are elected. */
  readonly electorate: Electorate;
  /** Who of our own ISP is around, plays the track and sends to others, ourselves included where we do. */
  readonly nearby: readonly Elector[];
  /** There is room to get it from others. */
  readonly fits: boolean;
  /** Live, and near the edge, where viewers are at one place. */
  readonly live: boolean;
  readonly targetDurationMs: number;
}

/** Everything a decision depends on. */
export interface PlanView {
  readonly nowMs: number;
  readonly self: PeerId;
  /** Seals arrive: without them nothing from peers can be played. */
  readonly sealing: boolean;
  /** When seals stopped, on the session's clock; long ago where they never came. */
  readonly sealsStoppedMs: number;
  readonly segments: readonly PlanSegment[];
  readonly neighbours: readonly PlanNeighbour[];
  /** Which of them said something of a segment, and what. */
  readonly spoken: (id: SegmentId) => readonly Spoken[];
  /** CDN rate, bit/s; null while unknown. */
  readonly cdnBps: number | null;
  /** What neighbours may have been asked for and not sent yet, in all. */
  readonly mostAskedBytes: number;
}

export type PlanAction =
  | { readonly kind: "ask"; readonly peerId: PeerId; readonly copy: Copy; readonly pieces: readonly number[] }
  | { readonly kind: "give-up"; readonly peerId: PeerId; readonly copy: Copy; readonly pieces: readonly number[] }
  /** Range requests that bring nothing. */
  | { readonly kind: "give-up-ranges"; readonly copy: Copy }
  /** The playlist is to be read now: the segment exists, and it is ours to fetch. */
  | { readonly kind: "seek"; readonly copy: Copy }
  | { readonly kind: "fetch"; readonly copy: Copy; readonly range: ByteRange | null; readonly rescue: boolean };

export interface Plan {
  readonly actions: readonly PlanAction[];
  /** When to plan again if nothing happens before, on the session's clock. */
  readonly untilMs: number;
}

/** A neighbour that said something of one segment, and what. */
export interface Spoken {
  readonly neighbour: PlanNeighbour;
  readonly said: Announcement;
}

/** What a part of a plan may do: act, and name a time at which to look again. */
export interface Planning {
  readonly actions: PlanAction[];
  look(atMs: number): void;
}

/**
 * A piece that has not grown for so long is asked of somebody else, later if its sender is busy with others of ours: at
 * most, at least, and between them a share of the time that is left.
 */
const STALLED: Patience = [2_500, 500, 1 / 4];
const STALLED_BEHIND: Patience = [4_000, 800, 3 / 10];

/** What to do now, and when to look again. Pure: no clock, no I/O, nothing random. */
export function plan(view: PlanView): Plan {
  const actions: PlanAction[] = [];
  const asking: Asking[] = [];
  let untilMs = Number.POSITIVE_INFINITY;
  const planning: Planning = {
    actions,
    look: (atMs) => {
      if (atMs > view.nowMs) untilMs = Math.min(untilMs, atMs);
    },
  };
  const byUrgency = [...view.segments].sort((a, b) => a.dryMs - b.dryMs);
  const hurried = byUrgency.find((wanted) => isHurried(wanted, view.nowMs));
  for (const wanted of byUrgency) {
    const spoken = view.spoken(wanted.copy.id).filter(({ neighbour }) => neighbour.uploads);
    releaseStalled(view, wanted, spoken, planning);
    const mayWait = hurried !== undefined && wanted.dryMs > hurried.dryMs;
    const fetched = planFetch(view, wanted, spoken, planning, !mayWait);
    const isLeft = mayWait && needsAll(hurried, view.nowMs);
    const mayAsk = wanted.fits && !fetched && !isLeft && (view.sealing || wanted.copy.seal !== null);
    if (mayAsk && wanted.copy.count("missing") > 0) asking.push({ wanted, spoken });
  }
  if (asking.length > 0) planAsks(view, asking, planning);
  return { actions, untilMs };
}

/** The player waits for it, and what is in the buffer plays for less than a segment: our line is not for others' sake. */
function isHurried({ copy, askedMs, dryMs, targetDurationMs }: PlanSegment, nowMs: number): boolean {
  return askedMs !== null && !copy.complete && dryMs - nowMs < targetDurationMs;
}

/** Our line is for what is hurried alone: the CDN is sending it, or there is little time. */
function needsAll({ copy, dryMs }: PlanSegment, nowMs: number): boolean {
  return copy.cdnSinceMs !== null || copy.count("coming") > 0 || dryMs - nowMs < TIGHT_MS;
}

/** Takes pieces back from neighbours, and from range requests, that stopped sending. */
function releaseStalled(
  { nowMs, neighbours }: PlanView,
  wanted: PlanSegment,
  spoken: readonly Spoken[],
  { actions, look }: Planning,
): void {
  const { copy } = wanted;
  if (copy.count("asked", "coming") === 0) return;
  const stalled = new Map<PeerId, number[]>();
  let rangesStalled = copy.count("coming") > 0;
  for (const index of copy.in("asked", "coming")) {
    const piece = copy.pieces[index];
    if (!piece) continue;
    const sender = piece.peerId && neighbours.find(({ peerId }) => peerId === piece.peerId);
    const grewMs = Math.max(piece.sinceMs, sender ? sender.lastReceivedMs : 0);
    const isComing = piece.state === "coming";
    const stalledMs = isComing
      ? cdnStalledMs(
          wanted,
          grewMs,
          spoken.some(({ said }) => said.has(index)),
        )
      : Math.min(stalledAtMs(wanted, grewMs, STALLED), stalledAtMs(wanted, piece.sinceMs, STALLED_BEHIND));
    const isStalled = nowMs >= stalledMs;
    if (!isStalled) look(stalledMs);
    if (isComing) rangesStalled &&= isStalled;
    else if (isStalled && piece.peerId) stalled.set(piece.peerId, [...(stalled.get(piece.peerId) ?? []), index]);
  }
  for (const [peerId, pieces] of stalled) actions.push({ kind: "give-up", peerId, copy, pieces });
  if (rangesStalled) actions.push({ kind: "give-up-ranges", copy });
}
