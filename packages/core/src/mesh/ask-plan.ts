import type { PeerId } from "@shoal/protocol";
import type { Announcement, Copy } from "./copy.ts";
import { suppressedDelay } from "./election.ts";
import type { PlanNeighbour, Planning, PlanSegment, PlanView, Spoken } from "./planner.ts";

const ASSUMED_PEER_BPS = 8_000_000;
/** Piece requests a neighbour may have open before its rate is known. */
const FIRST_WINDOW_BYTES = 2 * 65_536;
const WINDOW_MS = 500;
/**
 * What nobody of our own ISP promises is asked of another from this share of a segment's time on, each viewer at a moment
 * of its own: whoever is first has it to give to the others. With less than the last share left all are asked alike.
 */
const FAR_FROM = 0.1;
const FAR_OVER = 0.3;
const URGENT_SHARE = 0.4;
/** A segment's time counts up to this many target durations. */
const MOST_TIME = 1.5;

/** Bytes that may be asked of a neighbour now. */
export function windowOf(neighbour: PlanNeighbour): number {
  const window =
    neighbour.rateBps === null
      ? FIRST_WINDOW_BYTES
      : Math.max(FIRST_WINDOW_BYTES / 2, (neighbour.rateBps / 8000) * WINDOW_MS);
  return window / (1 + neighbour.lateness) - neighbour.outstandingBytes;
}

/**
 * Spreads the missing pieces over the neighbours that hold them: rarest first, from whoever promises it soonest, from
 * another ISP only what nobody of our own has.
 *
 * @param budget bytes that may still be asked of each neighbour; reduced by what is asked here
 */
export function planAsks(
  view: PlanView,
  wanted: PlanSegment,
  spoken: readonly Spoken[],
  budget: Map<PeerId, number>,
  { actions, look }: Planning,
): void {
  const { copy } = wanted;
  const holders = spoken.filter(({ said }) => fitsSeal(copy, said));
  if (!holders.some(({ neighbour }) => (budget.get(neighbour.peerId) ?? 0) > 0)) return;
  const nearby = view.neighbours.filter(({ sameIsp, uploads }) => sameIsp && uploads).length;
  const near = spoken.filter(({ neighbour }) => neighbour.sameIsp);
  const timeMs = Math.min(wanted.dryMs - copy.knownSinceMs, MOST_TIME * wanted.targetDurationMs);
  const anywhere = nearby === 0 || copy.knownSinceMs + timeMs - view.nowMs < URGENT_SHARE * timeMs;
  const farMs = (piece: number): number => {
    const share = FAR_FROM + FAR_OVER * suppressedDelay(copy.id, piece, view.self, nearby + 1);
    return copy.knownSinceMs + share * timeMs;
  };
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
    const promised = !anywhere && near.some(({ said }) => said.promises(piece, view.nowMs));
    const waitMs = anywhere || promised ? 0 : farMs(piece);
    const far = !promised && waitMs <= view.nowMs;
    if (!far && !promised) look(waitMs);
    const best = soonest(holders, piece, far, budget);
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

function soonest(
  holders: readonly Spoken[],
  piece: number,
  far: boolean,
  budget: ReadonlyMap<PeerId, number>,
): PlanNeighbour | null {
  let best: PlanNeighbour | null = null;
  let bestMs = Number.POSITIVE_INFINITY;
  for (const { neighbour, said } of holders) {
    if (!said.has(piece) || !(far || neighbour.sameIsp)) continue;
    const left = budget.get(neighbour.peerId) ?? 0;
    if (left <= 0) continue;
    const waitingBytes = windowOf(neighbour) - left + neighbour.outstandingBytes;
    const ms = ((waitingBytes + 65_536) * 8000) / (neighbour.rateBps ?? ASSUMED_PEER_BPS);
    if (ms < bestMs) [best, bestMs] = [neighbour, ms];
  }
  return best;
}
