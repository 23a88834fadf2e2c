import type { ByteRange } from "@shoal/protocol";
import type { Copy } from "./copy.ts";
import { electionRank, electionShare, fetchersFor, Ranks, stripePieces, suppressedDelay } from "./election.ts";
import { type Patience, stalledAtMs } from "./patience.ts";
import type { Planning, PlanSegment, PlanView, Spoken } from "./planner.ts";

/** Below this much buffer nothing is waited for; less for short segments. */
const LOW_BUFFER_MS = 3_000;
const LOW_BUFFER_SHARE = 0.75;
/** A CDN answer to the first byte, where we have not measured one. */
const CDN_TTFB_MS = 150;
const ASSUMED_CDN_BPS = 5_000_000;
const ASSUMED_SEGMENT_BYTES = 1_000_000;
/** Kept between "the CDN could just make it" and "the buffer runs dry"; less for short segments. */
const SAFETY_MS = 1_000;
const SAFETY_SHARE = 0.25;
/** A CDN request that brought nothing for so long may be hung. */
const CDN_STALLED: Patience = [1_500, 300, 1 / 3];
/** The same where nobody else has it: only somebody else's request can be better. */
const CDN_STALLED_ALONE: Patience = [2_500, 1_000, 1 / 4];
/** The player's own loader would give up on a first byte after 10 s: stay well below. */
const LONGEST_WAIT_MS = 8_000;
/** Backups of an election on demand step in this far apart. */
const VOD_STAGGER_MS = 300;
const VOD_LONGEST_WAIT_MS = 5_000;
const LIVE_STAGGER_MS = 700;
/** Requests spread out for so many target durations after the last seal. */
const SPREAD_TARGETS = 3;
/** The player's own request is the better one: an elected viewer gives it so long to come. */
const OWN_REQUEST_MS = 250;
/** Where a segment is to be split its seal says how, and is waited for this share of a target duration. */
const SEAL_SHARE = 0.35;
/** When those elected behind the first step in, and everybody, as shares of the time that a segment has. */
const BACKUPS_FROM = 0.4;
const BACKUPS_OVER = 0.25;
const OTHERS_FROM = 0.65;
const OTHERS_OVER = 0.3;
/** It takes longer to reach more viewers: ten times as many as so many wait so much longer, as a share of that time too. */
const CROWD_VIEWERS = 100;
const CROWD_LATER = 0.1;
/** Asked pieces that are due well before the buffer runs dry are waited for, until this share of the last stretch. */
const TRUST_SHARE = 0.6;
const TRUST_MS = 500;
const LOOK_AGAIN_MS = 150;
/** Of a segment of which more than this share is lacking, all is asked for. */
const NEARLY_ALL = 0.8;
/** Ranges of one rescue; nearer ones are taken together. */
const MAX_RANGES = 8;

const ranks = new Ranks();

/** When the CDN must be asked at the latest so that it is in time, and the player does not take for lost what has hardly begun to come. */
export function latestFetchMs(
  { copy, dryMs, lostMs, targetDurationMs }: Pick<PlanSegment, "copy" | "dryMs" | "lostMs" | "targetDurationMs">,
  cdnBps: number | null,
): number {
  const missing = copy.byteLength > 0 ? lackingBytes(copy) : ASSUMED_SEGMENT_BYTES;
  const transferMs = (missing * 8000) / (cdnBps ?? ASSUMED_CDN_BPS);
  const latestMs = dryMs - Math.min(SAFETY_MS, targetDurationMs * SAFETY_SHARE) - CDN_TTFB_MS - 1.5 * transferMs;
  return lostMs < latestMs && !copy.isMostHere ? lostMs : latestMs;
}

/**
 * Decides whether the CDN is asked now.
 * @param forOthers false while something else is missing sooner: then only in time for the deadline
 * @returns true where neighbours need not be asked beside it
 */
export function planFetch(
  view: PlanView,
  wanted: PlanSegment,
  spoken: readonly Spoken[],
  planning: Planning,
  forOthers: boolean,
): boolean {
  const { copy } = wanted;
  const { nowMs } = view;
  if (copy.cdnSinceMs !== null) {
    const stalledMs = cdnStalledMs(wanted, copy.cdnProgressMs);
    planning.look(stalledMs);
    return nowMs < stalledMs;
  }
  if (!copy.segment) return seek(view, wanted, planning);
  if (nowMs < copy.cdnRetryMs) {
    planning.look(copy.cdnRetryMs);
    return false;
  }
  const asked = wanted.askedMs !== null;
  if (copy.complete || !(asked || wanted.upcoming)) return false;
  if (!wanted.fits || copy.unshareable) return asked && fetchWhole(wanted, planning);
  if (!view.sealing && !copy.seal) return asked && fetchUnsealed(view, wanted, planning);
  const idle = copy.count("held", "quarantined", "checking", "coming") === 0;
  const lowMs = Math.min(LOW_BUFFER_MS, wanted.targetDurationMs * LOW_BUFFER_SHARE);
  if (asked && idle && wanted.dryMs - nowMs < lowMs) return fetchAll(wanted, planning, isAwaited(view, wanted, spoken));
  const latestMs = latestFetchMs(wanted, view.cdnBps);
  if (nowMs >= latestMs) return rescue(view, wanted, latestMs, spoken, planning);
  planning.look(latestMs);
  planning.look(wanted.lostMs);
  if (!forOthers) return false;
  const inParts = isInParts(copy);
  // On demand viewers are at different places: whoever is elected for a stripe may not get there for long.
  if (wanted.live && wanted.canSplit && (inParts || stripeOf(wanted) < copy.pieces.length)) {
    planStripes(view, wanted, latestMs, spoken, planning);
    return false;
  }
  const orphans = inParts ? orphansOf(view, copy, spoken) : [];
  const startMs = orphans.length > 0 ? electedMs(view, wanted, spoken) : turnMs(view, wanted, spoken, planning);
  planning.look(startMs);
  if (nowMs < startMs || copy.count("checking", "coming") > 0) return false;
  if (orphans.length === 0 || !wanted.canSplit) return fetchAll(wanted, planning, false);
  fetchRanges(copy, orphans, rangesAtOnce(wanted), planning, false);
  return false;
}

/** From when on a request to the CDN that last brought something at `grewMs` counts as hung; later where nobody else has what it asks for. */
export function cdnStalledMs(wanted: Pick<PlanSegment, "dryMs">, grewMs: number, isHeld: boolean = true): number {
  return stalledAtMs(wanted, grewMs, isHeld ? CDN_STALLED : CDN_STALLED_ALONE);
}

/**
 * Nobody seals: the CDN alone. Everybody waits for the segments that were to be sealed when that ended, so each viewer asks
 * for these at a moment of its own while its buffer lasts: no spike.
 */
function fetchUnsealed(view: PlanView, wanted: PlanSegment, planning: Planning): boolean {
  const { copy, targetDurationMs } = wanted;
  const sinceMs = Math.max(view.sealsStoppedMs, copy.knownSinceMs);
  const spanMs = latestFetchMs(wanted, view.cdnBps) - sinceMs;
  if (wanted.live && copy.knownSinceMs - view.sealsStoppedMs < SPREAD_TARGETS * targetDurationMs && spanMs > 0) {
    const dueMs = sinceMs + spanMs * electionShare(copy.id, view.self);
    planning.look(dueMs);
    if (view.nowMs < dueMs) return false;
  }
  return fetchWhole(wanted, planning);
}

/** Segments are waited for because a neighbour holds or fetches them. */
function isAwaited({ nowMs }: PlanView, { copy }: PlanSegment, spoken: readonly Spoken[]): boolean {
  return copy.count("held") > 0 || spoken.some(({ said }) => said.hasAny || said.isComing(nowMs - copy.patienceMs));
}

/** A segment that our playlist does not list yet: whoever is to fetch it makes the player look. */
function seek(view: PlanView, { copy, electorate }: PlanSegment, { actions }: Planning): boolean {
  if (copy.sought || !view.sealing || copy.complete) return false;
  const pieces = Math.max(1, copy.pieces.length);
  const size = stripePieces(pieces, electorate.viewers);
  for (let first = 0; first < pieces; first += size) {
    if (ranks.of(copy, first / size, view.self, electorate.electors) !== 0) continue;
    actions.push({ kind: "seek", copy });
    break;
  }
  return false;
}

/** Some of it is here: what nobody is getting is to be fetched by itself, also where one fetcher takes all there is. */
function isInParts(copy: Copy): boolean {
  return copy.seal !== null && copy.count("held", "asked", "quarantined") > 0;
}

/** Missing pieces that nobody around has or is getting. */
function orphansOf({ nowMs }: PlanView, copy: Copy, spoken: readonly Spoken[]): number[] {
  const believedFromMs = nowMs - copy.patienceMs;
  return copy.in("missing").filter((piece) => !spoken.some(({ said }) => said.promises(piece, believedFromMs)));
}

function stripeOf({ copy, electorate }: PlanSegment): number {
  return copy.seal ? stripePieces(copy.pieces.length, electorate.viewers) : copy.pieces.length;
}

/** Fetches the stripes that are this viewer's now: as the one elected, or because those before it did not. */
function planStripes(
  view: PlanView,
  wanted: PlanSegment,
  latestMs: number,
  spoken: readonly Spoken[],
  planning: Planning,
): void {
  const { copy } = wanted;
  if (copy.cdnFailed) return;
  const size = stripeOf(wanted);
  const due: number[] = [];
  const believedFromMs = view.nowMs - copy.patienceMs;
  const missing = orphansOf(view, copy, spoken);
  let { brokenMs } = copy;
  for (const { said } of spoken) {
    const sinceMs = said.comingSinceMs ?? view.nowMs;
    if (sinceMs <= believedFromMs) brokenMs = Math.max(brokenMs, sinceMs + copy.patienceMs);
  }
  let stripe = -1;
  let dueMs = 0;
  for (const piece of missing) {
    if (Math.floor(piece / size) !== stripe) {
      stripe = Math.floor(piece / size);
      dueMs = stripeMs(view, wanted, stripe, brokenMs, latestMs);
      planning.look(dueMs);
    }
    if (dueMs <= view.nowMs) due.push(piece);
  }
  if (missing.length > 0) lookAtPromises(copy, spoken, planning);
  // Where only one may be asked for at once the others follow: what lies between is not this viewer's to fetch.
  fetchRanges(copy, due, MAX_RANGES, planning, false);
}

/** @param brokenMs when the last promise of a part of it came to nothing: from then on nobody is waited for, but each other */
function stripeMs(
  view: PlanView,
  { copy, electorate }: PlanSegment,
  stripe: number,
  brokenMs: number,
  latestMs: number,
): number {
  const rank = ranks.of(copy, stripe, view.self, electorate.electors);
  if (rank === 0) return copy.knownSinceMs;
  const sinceMs = Math.max(copy.knownSinceMs, brokenMs);
  const spanMs = Math.max(0, latestMs - sinceMs);
  const later = CROWD_LATER * Math.max(0, Math.log10(electorate.viewers / CROWD_VIEWERS));
  const [from, over] = rank > 0 ? [BACKUPS_FROM + later, BACKUPS_OVER] : [OTHERS_FROM + later, OTHERS_OVER];
  const crowd = rank > 0 ? electorate.electors.length : electorate.viewers;
  const delay = suppressedDelay(copy.id, stripe, view.self, crowd);
  return sinceMs + spanMs * (brokenMs > copy.knownSinceMs ? (from + over) * delay : from + over * delay);
}

/** When this viewer's turn to fetch all of a segment comes, whatever the deadline. */
function turnMs(view: PlanView, wanted: PlanSegment, spoken: readonly Spoken[], planning: Planning): number {
  const { copy, askedMs } = wanted;
  if (isAwaited(view, wanted, spoken)) {
    lookAtPromises(copy, spoken, planning);
    if (copy.count("held", "quarantined", "asked") > 0 || askedMs === null) return Number.POSITIVE_INFINITY;
    return askedMs + (wanted.live ? LONGEST_WAIT_MS : VOD_LONGEST_WAIT_MS);
  }
  return electedMs(view, wanted, spoken);
}

/** The same where nobody around has it or is getting it. */
function electedMs({ self, nowMs }: PlanView, wanted: PlanSegment, spoken: readonly Spoken[]): number {
  const { copy, electorate, askedMs } = wanted;
  // Whoever announced a fetch and has nothing to show for it has failed this time.
  const failed = new Set(
    spoken.filter(({ said }) => said.comingSinceMs !== null).map(({ neighbour }) => neighbour.peerId),
  );
  const electors = electorate.electors.filter(({ peerId }) => !failed.has(peerId));
  if (!electorate.named && !electors.some(({ peerId }) => peerId !== self)) return askedMs ?? Number.POSITIVE_INFINITY;
  if (copy.cdnFailed) return Number.POSITIVE_INFINITY;
  const rank = electionRank(copy.id, 0, self, electors);
  if (rank === 0) return Math.max(sealMs(wanted), askedMs === null ? copy.knownSinceMs + OWN_REQUEST_MS : nowMs);
  const backup = rank > 0 ? rank - 1 : Math.min(electors.length, 10);
  if (wanted.live) return copy.knownSinceMs + wanted.targetDurationMs + 500 + backup * LIVE_STAGGER_MS;
  return Math.min(VOD_LONGEST_WAIT_MS, (1 + backup) * VOD_STAGGER_MS) + (askedMs ?? Number.POSITIVE_INFINITY);
}

/** How long the seal is waited for before one fetches all of what many should split. */
function sealMs({ copy, electorate, live, canSplit, targetDurationMs }: PlanSegment): number {
  const isSplit = live && canSplit && !copy.seal && fetchersFor(electorate.viewers) > 1;
  return isSplit ? copy.knownSinceMs + SEAL_SHARE * targetDurationMs : 0;
}

/** Looks again when the first of the announced fetches stops being believed. */
function lookAtPromises({ patienceMs }: Copy, spoken: readonly Spoken[], { look }: Planning): void {
  for (const { said } of spoken) look((said.comingSinceMs ?? 0) + patienceMs);
}

/** The neighbours will be late: what they cannot bring in time is asked of the CDN. */
function rescue(
  view: PlanView,
  wanted: PlanSegment,
  latestMs: number,
  spoken: readonly Spoken[],
  planning: Planning,
): boolean {
  const { copy } = wanted;
  const { nowMs } = view;
  const awaited = copy.cdnFailed || isAwaited(view, wanted, spoken);
  if (!wanted.canSplit || !copy.seal || copy.pieces.length === 0) {
    if (copy.cdnFailed && wanted.canFetchWhole) return fetchWhole(wanted, planning, true);
    if (wanted.askedMs === null || copy.count("checking") > 0) return false;
    return fetchAll(wanted, planning, awaited);
  }
  const trustUntilMs = latestMs + TRUST_SHARE * (wanted.dryMs - latestMs);
  const late = lackingOf(copy).filter((index) => {
    const piece = copy.pieces[index];
    if (piece?.state !== "asked" || nowMs >= trustUntilMs) return true;
    const giver = view.neighbours.find(({ peerId }) => peerId === piece.peerId);
    if (!giver?.rateBps) return true;
    return nowMs + (giver.outstandingBytes * 8000) / giver.rateBps > wanted.dryMs - TRUST_MS;
  });
  if (copy.count("asked") > 0) planning.look(nowMs + LOOK_AGAIN_MS);
  if (late.length === 0) return false;
  if ((copy.cdnFailed || isNearlyAll(copy, late)) && wanted.canFetchWhole) return fetchWhole(wanted, planning, awaited);
  return fetchRanges(copy, late, rangesAtOnce(wanted), planning, awaited);
}

/** Everything that is missing: by range where some is there, else whole. */
function fetchAll(wanted: PlanSegment, planning: Planning, isRescue: boolean): boolean {
  const { copy, canSplit, canFetchWhole } = wanted;
  const lacking = lackingOf(copy);
  const few = lacking.length > 0 && !isNearlyAll(copy, lacking);
  if (!copy.seal || !canSplit || (!few && canFetchWhole)) return fetchWhole(wanted, planning, isRescue);
  return fetchRanges(copy, lacking, rangesAtOnce(wanted), planning, isRescue);
}

/** Where only one may be asked for at once it spans all that is missing: the next would come too late. */
function rangesAtOnce({ gaveRanges }: PlanSegment): number {
  return gaveRanges ? MAX_RANGES : 1;
}

/** @param most ranges that are asked for */
function fetchRanges(
  copy: Copy,
  pieces: readonly number[],
  most: number,
  { actions }: Planning,
  rescue: boolean,
): boolean {
  for (const range of rangesOf(copy, pieces, most)) actions.push({ kind: "fetch", copy, range, rescue });
  return true;
}

function fetchWhole({ copy }: PlanSegment, { actions }: Planning, isRescue: boolean = false): boolean {
  actions.push({ kind: "fetch", copy, range: null, rescue: isRescue });
  return true;
}

/** Pieces that are neither here and good, nor on their way from the CDN. */
function lackingOf(copy: Copy): number[] {
  return copy.in("missing", "asked", "quarantined");
}

function isNearlyAll(copy: Copy, pieces: readonly number[]): boolean {
  return pieces.length > copy.pieces.length * NEARLY_ALL;
}

function lackingBytes(copy: Copy): number {
  let bytes = 0;
  for (const index of lackingOf(copy)) bytes += copy.extent(index).length;
  return bytes;
}

/** Byte ranges that cover some pieces, in order: no more than `most`, the smallest gaps are taken along. */
function rangesOf(copy: Copy, pieces: readonly number[], most: number): ByteRange[] {
  const runs: { first: number; last: number }[] = [];
  for (const piece of pieces) {
    const run = runs[runs.length - 1];
    if (run?.last === piece - 1) run.last = piece;
    else runs.push({ first: piece, last: piece });
  }
  while (runs.length > most) {
    let at = 1;
    const gap = (index: number): number => (runs[index]?.first ?? 0) - (runs[index - 1]?.last ?? 0);
    for (let index = 2; index < runs.length; index++) if (gap(index) < gap(at)) at = index;
    const [taken] = runs.splice(at, 1);
    const before = runs[at - 1];
    if (taken && before) before.last = taken.last;
  }
  return runs.map(({ first, last }) => {
    const end = copy.extent(last);
    return { first: copy.extent(first).offset, last: end.offset + end.length - 1 };
  });
}
