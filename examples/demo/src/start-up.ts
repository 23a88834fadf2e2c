import { setTimeout as sleep } from "node:timers/promises";
import type { PlayerName, StreamName, ViewerQuery } from "../page/viewer-report.ts";
import type { Audience } from "./audience.ts";

/** Milliseconds to the first `playing`, by kind of player. */
export interface StartUps {
  readonly plain: readonly number[];
  readonly shoal: readonly number[];
}

const GIVE_UP_MS = 15_000;
const LOOK_MS = 50;
/** Lets the last page's requests and decoder go before the next begins. */
const BETWEEN_MS = 300;

/** Lets plain and Shoal players start alternately, each alone on its page. */
export async function measureStartUps(
  audience: Audience,
  {
    pairs,
    stream,
    player,
    tracker,
  }: { readonly pairs: number; readonly stream: StreamName; readonly player: PlayerName; readonly tracker: string },
): Promise<StartUps> {
  const plain: number[] = [];
  const shoal: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? (["plain", "shoal"] as const) : (["shoal", "plain"] as const);
    for (const kind of order) {
      const startUpMs = await startUpOf(audience, { stream, player, tracker: kind === "shoal" ? tracker : null });
      (kind === "shoal" ? shoal : plain).push(startUpMs);
    }
  }
  return { plain, shoal };
}

/** @throws Error where a player does not begin */
async function startUpOf(audience: Audience, query: Omit<ViewerQuery, "name" | "isp">): Promise<number> {
  const { tracker } = query;
  const name = tracker === null ? "plain" : "shoal";
  const seat = await audience.seat({ name, isp: "Start-up", ...query });
  try {
    for (let waitedMs = 0; waitedMs < GIVE_UP_MS; waitedMs += LOOK_MS) {
      const startUpMs = (await seat.report())?.startUpMs;
      if (startUpMs) return startUpMs;
      await sleep(LOOK_MS);
    }
    throw new Error(`A ${name} player did not begin to play within ${GIVE_UP_MS / 1000} s.`);
  } finally {
    await seat.leave();
    await sleep(BETWEEN_MS);
  }
}
