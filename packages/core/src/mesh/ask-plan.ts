import { mix32, type PeerId, UPLINK_UNIT_BPS } from "@shoal/protocol";
import type { Announcement, Copy } from "./copy.ts";
import { MOST_WEIGHT, Ranks, suppressedDelay } from "./election.ts";
import type { PlanNeighbour, Planning, PlanSegment, PlanView, Spoken } from "./planner.ts";

/** Who has not sent us anything yet is taken to have this share of its uplink for us. */
const ASSUMED_SHARE = 1 / 4;
/** Piece requests a neighbour may have open before its rate is known. */
const FIRST_WINDOW_BYTES = 2 * 65_536;
const WINDOW_MS = 500;
/**
 * What nobody of our own ISP promises is asked of another ISP from this share of a segment's time on by the one elected
 * for the piece, who has it to give to the others; should it not come, by each viewer at a moment of its own. With less
 * than the last share left all are asked alike.
 */
const FAR_FROM = 0.1;
const FAR_OTHERS_FROM = 0.35;
const FAR_OTHERS_OVER = 0.3;
const URGENT_SHARE = 0.3;
/** Nobody is asked who would need more than this share of what time is left. */
const LATEST_SHARE = 0.5;
/** A segment's time counts up to this many target durations. */
const MOST_TIME = 2;
const LEAST_WITHIN_MS = 300;
/** A piece is rare while no more than this share of the neighbours holds it; of few neighbours so many, up to a quarter of them. */
const RARE_SHARE = 0.1;
const RARE_HOLDERS = 2;
const RARE_SHARE_OF_FEW = 0.25;
/**
 * What hardly anybody holds is asked for by each viewer at a moment of its own within this share of a segment's time:
 * those who are first have it to give to the others, and whoever fetched it need not send it to all.
 */
const RARE_OVER = 0.08;
/** Where a buffer runs dry sooner than this, what is urgent goes before what is rare. */
export const TIGHT_MS = 2_000;

/** Promises within this are alike: of those who made one it is drawn who is asked, so that the fastest has not all the work. */
const SOON_MS = 100;

const ranks = new Ranks();

/** Hardly anybody around holds a piece: it has to spread before what is common. */
export function isRare(holders: number, neighbours: number): boolean {
  return holders <= Math.max(RARE_SHARE * neighbours, Math.min(RARE_HOLDERS, RARE_SHARE_OF_FEW * neighbours));
}

/** Bytes that may be asked of a neighbour now. */
export function windowOf(neighbour: PlanNeighbour, nowMs: number): number {
  if (nowMs < neighbour.busyUntilMs) return 0;
  const window =
    neighbour.rateBps === null
      ? FIRST_WINDOW_BYTES
      : Math.max(FIRST_WINDOW_BYTES, (neighbour.rateBps / 8000) * WINDOW_MS);
  return window / (1 + neighbour.lateness) - neighbour.outstandingBytes;
}

/** How a neighbour stands while a plan is made. */
interface Account {
  /** Bytes that may still be asked of it. */
  leftBytes: number;
  /** Bytes asked of it, now and before, that are not here yet. */
  waitingBytes: number;
  /** For draws among neighbours. */
  readonly draw: number;
}

/** A segment of which pieces are missing, and who said something of it. */
export interface Asking {
  readonly wanted: PlanSegment;
  readonly spoken: readonly Spoken[];
}

/** A piece to be asked for. */
interface Lack {
  readonly piece: number;
  readonly holders: number;
  readonly order: number;
}

/**
 * Spreads the missing pieces over the neighbours that hold them. First, of all segments, those that few around have: the
 * sooner they have spread, the sooner all uplinks have something to give. Then segment by segment, the most urgent first,
 * rarest pieces first, from whoever promises it soonest, from another ISP only what nobody of our own has.
 *
 * @param asking the most urgent first
 */
export function planAsks(view: PlanView, asking: readonly Asking[], { actions, look }: Planning): void {
  const purse = { bytes: view.mostAskedBytes };
  const accounts = new Map<PeerId, Account>();
  for (const neighbour of view.neighbours) {
    const { peerId, outstandingBytes: waitingBytes } = neighbour;
    purse.bytes -= waitingBytes;
    const leftBytes = windowOf(neighbour, view.nowMs);
    if (leftBytes > 0) accounts.set(peerId, { leftBytes, waitingBytes, draw: drawOf(peerId) });
  }
  const segments: AskedSegment[] = [];
  for (const one of asking) {
    const segment = segmentOf(view, one, accounts, purse);
    if (segment) segments.push(segment);
  }
  const isTight = asking.some(({ wanted }) => wanted.dryMs - view.nowMs < TIGHT_MS);
  for (const pass of isTight ? [ALL] : [RARE, REST]) {
    for (const segment of segments) {
      for (const lack of segment.lacking) {
        const rare = isRare(lack.holders, view.neighbours.length);
        if (pass !== ALL && rare !== (pass === RARE)) continue;
        segment.ask(lack.piece, rare && pass === RARE, look);
      }
    }
  }
  for (const { copy, asks } of segments) {
    for (const [peerId, pieces] of asks) {
      actions.push({ kind: "ask", peerId, copy, pieces: pieces.sort((a, b) => a - b) });
    }
  }
}

const [ALL, RARE, REST] = [0, 1, 2];

type AskedSegment = NonNullable<ReturnType<typeof segmentOf>>;

/** What is missing of a segment, and how it is asked for; null where nobody can be asked. */
function segmentOf(
  view: PlanView,
  { wanted, spoken }: Asking,
  accounts: ReadonlyMap<PeerId, Account>,
  purse: { bytes: number },
) {
  const { copy } = wanted;
  const holders = spoken.filter(({ said }) => fitsSeal(copy, said));
  if (!holders.some(({ neighbour }) => accounts.has(neighbour.peerId))) return null;
  const nearby = wanted.nearby.filter(({ peerId }) => peerId !== view.self).length;
  const near = spoken.filter(({ neighbour }) => neighbour.sameIsp);
  const timeMs = Math.min(wanted.dryMs - copy.knownSinceMs, MOST_TIME * wanted.targetDurationMs);
  const anywhere = nearby === 0 || copy.knownSinceMs + timeMs - view.nowMs < URGENT_SHARE * timeMs;
  const withinMs = LATEST_SHARE * (wanted.dryMs - view.nowMs);
  const believedFromMs = view.nowMs - copy.patienceMs;
  /** A moment of our own within a span, both shares of the segment's time. */
  const drawMs = (draw: number, from: number, over: number, sinceMs: number = copy.knownSinceMs): number =>
    sinceMs + timeMs * (from + over * suppressedDelay(copy.id, draw, view.self, nearby + 1));
  // Where all know each other moments count from when it was heard of. In a crowd, where a piece passes through many hands, that
  // would delay each of them: there they count from when the segment was known.
  const rareFromMs = (wanted.electorate.viewers <= 2 * (nearby + 1) && copy.heardMs) || copy.knownSinceMs;
  const farMs = (piece: number): number =>
    ranks.of(copy, piece, view.self, wanted.nearby) === 0
      ? copy.knownSinceMs + timeMs * FAR_FROM
      : drawMs(piece, FAR_OTHERS_FROM, FAR_OTHERS_OVER);
  const asks = new Map<PeerId, number[]>();
  /** For draws of our own for this segment. */
  const seed = drawOf(copy.id) ^ drawOf(view.self);
  const ask = (piece: number, rare: boolean, look: (atMs: number) => void): void => {
    const momentMs = rare && !anywhere ? drawMs(~piece, 0, RARE_OVER, rareFromMs) : view.nowMs;
    if (momentMs > view.nowMs) return look(momentMs);
    const promised = !anywhere && near.some(({ said }) => said.promises(piece, believedFromMs));
    const fromMs = anywhere || promised ? 0 : farMs(piece);
    look(fromMs);
    const far = !promised && fromMs <= view.nowMs;
    const { length } = copy.extent(piece);
    const best = purse.bytes > 0 && soonest(holders, piece, length, far, accounts, withinMs, seed);
    const account = best && accounts.get(best.peerId);
    if (!account) return;
    purse.bytes -= length;
    account.leftBytes -= length;
    account.waitingBytes += length;
    const asked = asks.get(best.peerId);
    if (asked) asked.push(piece);
    else asks.set(best.peerId, [piece]);
  };
  return { copy, asks, ask, lacking: lackingOf(copy, holders, seed) };
}

/** Missing pieces that somebody holds, rarest first; viewers begin with different ones, so that they have something to give. */
function lackingOf(copy: Copy, holders: readonly Spoken[], seed: number): Lack[] {
  const lacking: Lack[] = [];
  for (const piece of copy.in("missing")) {
    let count = 0;
    for (const { said } of holders) if (said.has(piece)) count++;
    if (count > 0) lacking.push({ piece, holders: count, order: mix32(seed, piece) });
  }
  return lacking.sort((a, b) => a.holders - b.holders || a.order - b.order);
}

/** Once the seal is known only its own edition is asked for. */
function fitsSeal(copy: Copy, said: Announcement): boolean {
  if (!said.hasAny) return false;
  return copy.seal ? said.edition === copy.edition || said.edition === 0 : true;
}

function soonest(
  holders: readonly Spoken[],
  piece: number,
  length: number,
  far: boolean,
  accounts: ReadonlyMap<PeerId, Account>,
  withinMs: number,
  seed: number,
): PlanNeighbour | null {
  let best: PlanNeighbour | null = null;
  let bestMs = Math.max(LEAST_WITHIN_MS, withinMs);
  let bestTurn = Number.POSITIVE_INFINITY;
  for (const { neighbour, said } of holders) {
    if (!said.has(piece) || !(far || neighbour.sameIsp)) continue;
    const account = accounts.get(neighbour.peerId);
    if (!account || account.leftBytes <= 0) continue;
    const bytes = (account.waitingBytes + length) * (1 + neighbour.lateness / 2);
    const ms = Math.max(SOON_MS, (bytes * 8000) / (neighbour.rateBps ?? assumedBps(neighbour)));
    // Whoever fetched a segment has all of it long before the others, and would send it to all.
    const turn = mix32(account.draw + piece, seed) + (said.complete ? 2 ** 32 : 0);
    if (ms < bestMs || (ms === bestMs && turn < bestTurn)) [best, bestMs, bestTurn] = [neighbour, ms, turn];
  }
  return best;
}

const assumedBps = ({ uplink }: PlanNeighbour): number => ASSUMED_SHARE * UPLINK_UNIT_BPS * (uplink || MOST_WEIGHT);

/** A number of an id's own. */
const drawOf = (id: string): number => Number.parseInt(id.slice(0, 8), 16);
