import type { ByteRange, PeerId, SegmentId, TrackId } from "@shoal/protocol";
import type { Announcement, Copy } from "./copy.ts";
import { electionRank } from "./election.ts";

/** A neighbour as the planner sees it. */
export interface PlanNeighbour {
  readonly peerId: PeerId;
  /** It sends to others. */
  readonly uploads: boolean;
  readonly tracks: ReadonlySet<TrackId>;
  /** Rate lately received from it, bit/s; null before the first piece. */
  readonly rateBps: number | null;
  /** Bytes asked of it and not here yet. */
  readonly outstandingBytes: number;
  /** Requests it lately left unanswered. */
  readonly lateness: number;
  readonly announced: (id: SegmentId) => Announcement | undefined;
}

/** A segment that is wanted and not complete. */
export interface PlanSegment {
  readonly copy: Copy;
  /** The player waits for it now. */
  readonly asked: boolean;
  /** When the buffer would run dry without it, on the session's clock; Infinity where nothing waits for it. */
  readonly dryMs: number;
  /** The load's own whole request is still unused. */
  readonly canFetchWhole: boolean;
  /** There is room to get it from others. */
  readonly fits: boolean;
  readonly live: boolean;
  readonly targetDurationMs: number;
}

/** Everything a decision depends on. */
export interface PlanView {
  readonly nowMs: number;
  readonly self: PeerId;
  /** This viewer sends to others, so it counts in the election. */
  readonly uploads: boolean;
  /** Seals arrive: without them nothing from peers can be played. */
  readonly sealing: boolean;
  readonly segments: readonly PlanSegment[];
  readonly neighbours: readonly PlanNeighbour[];
  /** CDN rate, bit/s; null while unknown. */
  readonly cdnBps: number | null;
}

export type PlanAction =
  | { readonly kind: "ask"; readonly peerId: PeerId; readonly copy: Copy; readonly pieces: readonly number[] }
  | { readonly kind: "give-up"; readonly peerId: PeerId; readonly copy: Copy; readonly pieces: readonly number[] }
  | { readonly kind: "fetch"; readonly copy: Copy; readonly range: ByteRange | null; readonly rescue: boolean };

export interface Plan {
  readonly actions: readonly PlanAction[];
  /** When to plan again if nothing happens before, on the session's clock. */
  readonly untilMs: number;
}

/** Below this much buffer nothing is waited for. */
const LOW_BUFFER_MS = 3_000;
/** A CDN answer to the first byte, where we have not measured one. */
const CDN_TTFB_MS = 150;
const ASSUMED_CDN_BPS = 5_000_000;
const ASSUMED_PEER_BPS = 8_000_000;
const ASSUMED_SEGMENT_BYTES = 1_000_000;
/** Kept between "the CDN could just make it" and "the buffer runs dry". */
const SAFETY_MS = 1_000;
/** Piece requests a neighbour may have open before its rate is known. */
const FIRST_WINDOW_BYTES = 4 * 65_536;
const WINDOW_MS = 800;
/** A piece that has not grown for this long is asked of somebody else. */
const STALLED_MS = 1_500;
/** A CDN request that brought nothing for this long may be hung: neighbours are asked beside it. Sooner where time is short. */
const CDN_STALLED_MS = 1_500;
const CDN_STALLED_SHORT_MS = 300;
/** A neighbour that said "coming" and has nothing to show after this long is not waited for. */
const COMING_MS = 3_000;
/** The player's own loader would give up on a first byte after 10 s: stay well below. */
const LONGEST_WAIT_MS = 8_000;
/** Backups of an election on demand step in this far apart. */
const VOD_STAGGER_MS = 300;
const VOD_LONGEST_WAIT_MS = 5_000;
const LIVE_STAGGER_MS = 700;

/** What to do now, and when to look again. Pure: no clock, no I/O, nothing random. */
export function plan(view: PlanView): Plan {
  const actions: PlanAction[] = [];
  let budget: Map<PeerId, number> | null = null;
  let untilMs = Number.POSITIVE_INFINITY;
  const look = (atMs: number): void => {
    if (atMs > view.nowMs) untilMs = Math.min(untilMs, atMs);
  };
  const byUrgency = [...view.segments].sort((a, b) => a.dryMs - b.dryMs);
  for (const wanted of byUrgency) {
    const spoken = spokenOf(view, wanted.copy);
    releaseStalled(view, wanted, actions, look);
    const fetched = planFetch(view, wanted, spoken, actions, look);
    const mayAsk = wanted.fits && !fetched && (view.sealing || wanted.copy.seal !== null);
    if (!mayAsk || wanted.copy.byteLength === 0 || wanted.copy.count("missing") === 0) continue;
    budget ??= new Map(view.neighbours.map((neighbour) => [neighbour.peerId, windowOf(neighbour)]));
    planAsks(view, wanted, spoken, budget, actions);
  }
  return { actions, untilMs };
}

/** A neighbour that said something of one segment, and what: looked up once a plan. */
interface Spoken {
  readonly neighbour: PlanNeighbour;
  readonly said: Announcement;
}

function spokenOf({ neighbours }: PlanView, { id }: Copy): Spoken[] {
  const spoken: Spoken[] = [];
  for (const neighbour of neighbours) {
    const said = neighbour.announced(id);
    if (said) spoken.push({ neighbour, said });
  }
  return spoken;
}

function windowOf(neighbour: PlanNeighbour): number {
  const window =
    neighbour.rateBps === null
      ? FIRST_WINDOW_BYTES
      : Math.max(FIRST_WINDOW_BYTES / 2, (neighbour.rateBps / 8000) * WINDOW_MS);
  return window / (1 + neighbour.lateness) - neighbour.outstandingBytes;
}

/** Takes pieces back from neighbours that stopped sending. */
function releaseStalled(
  view: PlanView,
  { copy }: PlanSegment,
  actions: PlanAction[],
  look: (atMs: number) => void,
): void {
  const stalled = new Map<PeerId, number[]>();
  for (const index of copy.in("asked")) {
    const piece = copy.pieces[index];
    if (!piece?.peerId) continue;
    if (view.nowMs - piece.sinceMs < STALLED_MS) {
      look(piece.sinceMs + STALLED_MS);
      continue;
    }
    stalled.set(piece.peerId, [...(stalled.get(piece.peerId) ?? []), index]);
  }
  for (const [peerId, pieces] of stalled) actions.push({ kind: "give-up", peerId, copy, pieces });
}

/** When the CDN must be asked at the latest so that it is in time. */
export function latestFetchMs(wanted: Pick<PlanSegment, "copy" | "dryMs">, cdnBps: number | null): number {
  const { copy, dryMs } = wanted;
  const missing = copy.byteLength > 0 ? missingBytes(copy) : ASSUMED_SEGMENT_BYTES;
  const transferMs = (missing * 8000) / (cdnBps ?? ASSUMED_CDN_BPS);
  return dryMs - SAFETY_MS - CDN_TTFB_MS - 1.5 * transferMs;
}

function missingBytes(copy: Copy): number {
  let bytes = 0;
  for (const index of copy.in("missing", "asked", "quarantined")) bytes += copy.extent(index).length;
  return bytes;
}

/** Decides whether the CDN is asked now. Returns true if it is, or is being asked already. */
function planFetch(
  view: PlanView,
  wanted: PlanSegment,
  spoken: readonly Spoken[],
  actions: PlanAction[],
  look: (atMs: number) => void,
): boolean {
  const { copy } = wanted;
  if (copy.cdnSinceMs !== null) {
    const slackMs = (wanted.dryMs - copy.cdnProgressMs) / 3;
    const stalledMs = copy.cdnProgressMs + Math.max(CDN_STALLED_SHORT_MS, Math.min(CDN_STALLED_MS, slackMs));
    look(stalledMs);
    return view.nowMs < stalledMs;
  }
  if (!wanted.asked || copy.complete) return false;
  const latestMs = latestFetchMs(wanted, view.cdnBps);
  const startMs = wanted.fits ? Math.min(latestMs, electedMs(view, wanted, spoken, look)) : view.nowMs;
  if (view.nowMs < startMs) {
    look(startMs);
    return false;
  }
  if (copy.count("checking") > 0) return false;
  const waited = copy.count("held") > 0 || anyAnnounced(view, spoken);
  const range = wanted.canFetchWhole ? missingRange(copy) : (missingRange(copy) ?? wholeRange(copy));
  actions.push({ kind: "fetch", copy, range, rescue: waited && view.nowMs >= latestMs });
  return true;
}

/** The bytes from the first missing piece to the last, unless that is nearly everything. */
function missingRange(copy: Copy): ByteRange | null {
  if (!copy.seal) return null;
  const missing = copy.in("missing", "asked", "quarantined");
  const [first] = missing;
  const last = missing[missing.length - 1];
  if (first === undefined || last === undefined || missing.length > copy.pieces.length * 0.8) return null;
  const end = copy.extent(last);
  return { first: copy.extent(first).offset, last: end.offset + end.length - 1 };
}

function wholeRange(copy: Copy): ByteRange | null {
  return copy.byteLength > 0 ? { first: 0, last: copy.byteLength - 1 } : null;
}

function anyAnnounced({ nowMs }: PlanView, spoken: readonly Spoken[]): boolean {
  return spoken.some(({ neighbour, said }) => neighbour.uploads && (said.hasAny || isComing(said, nowMs)));
}

/** When the first of the announced fetches stops being believed. */
function nextComingEnd({ nowMs }: PlanView, spoken: readonly Spoken[]): number {
  let endMs = Number.POSITIVE_INFINITY;
  for (const { said } of spoken) {
    const sinceMs = said.comingSinceMs;
    if (sinceMs !== null && sinceMs + COMING_MS > nowMs) endMs = Math.min(endMs, sinceMs + COMING_MS);
  }
  return endMs;
}

function isComing(said: Announcement, nowMs: number): boolean {
  return said.comingSinceMs !== null && nowMs - said.comingSinceMs < COMING_MS;
}

/** When this viewer's turn to fetch comes, whatever the deadline. */
function electedMs(
  view: PlanView,
  wanted: PlanSegment,
  spoken: readonly Spoken[],
  look: (atMs: number) => void,
): number {
  const { copy } = wanted;
  const { nowMs } = view;
  if (!view.sealing && !copy.seal) return nowMs;
  if (wanted.dryMs - nowMs < LOW_BUFFER_MS && copy.count("held") === 0) return nowMs;
  const cap = copy.knownSinceMs + (wanted.live ? LONGEST_WAIT_MS : VOD_LONGEST_WAIT_MS);
  if (anyAnnounced(view, spoken)) {
    look(nextComingEnd(view, spoken));
    return copy.count("held", "quarantined") > 0 ? Number.POSITIVE_INFINITY : cap;
  }
  const givers = view.neighbours.filter(({ uploads, tracks, announced }) => {
    // Whoever announced a fetch and has nothing to show for it has failed this time.
    return uploads && tracks.has(copy.trackId) && (announced(copy.id)?.comingSinceMs ?? null) === null;
  });
  if (givers.length === 0) return nowMs;
  if (copy.cdnFailed) return Number.POSITIVE_INFINITY;
  const rank = electionRank(
    copy.id,
    view.self,
    givers.map(({ peerId }) => peerId),
  );
  if (rank === 0 && view.uploads) return nowMs;
  const backup = view.uploads ? rank - 1 : givers.length;
  const firstWaitMs = wanted.live ? wanted.targetDurationMs + 500 : VOD_STAGGER_MS;
  return Math.min(cap, copy.knownSinceMs + firstWaitMs + backup * (wanted.live ? LIVE_STAGGER_MS : VOD_STAGGER_MS));
}

/** Spreads the missing pieces over the neighbours that hold them: rarest first, from whoever promises it soonest. */
function planAsks(
  view: PlanView,
  { copy }: PlanSegment,
  spoken: readonly Spoken[],
  budget: Map<PeerId, number>,
  actions: PlanAction[],
): void {
  const holders = spoken.filter(({ neighbour, said }) => neighbour.uploads && fitsSeal(copy, said));
  if (!holders.some(({ neighbour }) => (budget.get(neighbour.peerId) ?? 0) > 0)) return;
  const asks = new Map<PeerId, number[]>();
  const order = Number.parseInt(view.self.slice(0, 8), 16);
  const missing: { readonly piece: number; readonly holders: number; readonly order: number }[] = [];
  for (const piece of copy.in("missing")) {
    let count = 0;
    for (const { said } of holders) if (said.has(piece)) count++;
    if (count > 0) missing.push({ piece, holders: count, order: spread(order, piece) });
  }
  missing.sort((a, b) => a.holders - b.holders || a.order - b.order);
  for (const { piece } of missing) {
    const { length } = copy.extent(piece);
    const best = soonest(holders, piece, budget);
    if (!best) continue;
    budget.set(best.peerId, (budget.get(best.peerId) ?? 0) - length);
    const asked = asks.get(best.peerId);
    if (asked) asked.push(piece);
    else asks.set(best.peerId, [piece]);
  }
  for (const [peerId, pieces] of asks)
    actions.push({ kind: "ask", peerId, copy, pieces: pieces.sort((a, b) => a - b) });
}

/** Once the seal is known only its own edition is asked for. */
function fitsSeal(copy: Copy, said: Announcement): boolean {
  if (!said.hasAny) return false;
  return copy.seal ? said.edition === copy.edition || said.edition === 0 : true;
}

/** Lets viewers begin with different pieces, so that they have something to give each other. */
function spread(self: number, piece: number): number {
  return (Math.imul(piece + 1, 0x9e3779b1) ^ self) >>> 0;
}

function soonest(holders: readonly Spoken[], piece: number, budget: ReadonlyMap<PeerId, number>): PlanNeighbour | null {
  let best: PlanNeighbour | null = null;
  let bestMs = Number.POSITIVE_INFINITY;
  for (const { neighbour, said } of holders) {
    if (!said.has(piece)) continue;
    const left = budget.get(neighbour.peerId) ?? 0;
    if (left <= 0) continue;
    const waitingBytes = windowOf(neighbour) - left + neighbour.outstandingBytes;
    const ms = ((waitingBytes + 65_536) * 8000) / (neighbour.rateBps ?? ASSUMED_PEER_BPS);
    if (ms < bestMs) [best, bestMs] = [neighbour, ms];
  }
  return best;
}
