import type { AdmissionControl } from "./admission.ts";

/** What a server's work costs, milliseconds of its one core; measured with `npm run bench:tracker`. */
export const COSTS = { refusalMs: 0.05, joinMs: 0.25, signalMs: 0.035 } as const;
/** Signals that a join brings with it, within the second after it. */
const SIGNALS = 10;
const SIGNALS_WITHIN_MS = 1_000;
const TICK_MS = 10;
const LOOK_MS = 250;
/** Connections that the system keeps for the process; one more is not seen, and tries again after a second. */
const BACKLOG = 4_096;
const AGAIN_MS = 1_000;

export interface CrowdedSecond {
  readonly joins: number;
  readonly refused: number;
  /** Latest that a join was answered after it came, milliseconds. */
  readonly latestMs: number;
  readonly rate: number;
}

/** The joins a second that a server can take while so many want in. */
export function mostJoins(offered: number): number {
  const { refusalMs, joinMs, signalMs } = COSTS;
  return Math.min(offered, (1_000 - offered * refusalMs) / (joinMs + SIGNALS * signalMs - refusalMs));
}

interface Work {
  readonly atMs: number;
  readonly kind: "question" | "arrival" | "signal";
  /** When it came first, milliseconds. */
  readonly sinceMs: number;
}

/** A server with one core under a crowd, in virtual time: a queue of work, each piece at its cost. */
export function crowdedServer(
  admission: AdmissionControl,
  offered: number,
  seconds: number,
  random: () => number,
  asks: boolean,
): readonly CrowdedSecond[] {
  const queue: Work[] = [];
  const coming = new Map<number, Work[]>();
  const rows: CrowdedSecond[] = [];
  const comes = (atMs: number, kind: Work["kind"], sinceMs: number = atMs): void => {
    const tick = Math.ceil(atMs / TICK_MS);
    const list = coming.get(tick) ?? [];
    coming.set(tick, list);
    list.push({ atMs: tick * TICK_MS, kind, sinceMs });
  };
  let connecting = 0;
  let [head, backMs, busyMs, joins, refused, latestMs] = [0, 0, 0, 0, 0, 0];
  const delays: number[] = [];
  let load = { sockets: 0, residentBytes: 0, loopDelayMs: 0, busyShare: 0 };
  let wanted = 0;
  for (let tick = 1; tick * TICK_MS <= seconds * 1_000; tick++) {
    const nowMs = tick * TICK_MS;
    wanted += (offered * TICK_MS) / 1_000;
    for (; wanted >= 1; wanted--) comes(nowMs, asks ? "question" : "arrival");
    for (const work of coming.get(tick) ?? []) {
      if (work.kind === "signal" || connecting < BACKLOG) {
        queue.push(work);
        if (work.kind !== "signal") connecting++;
      } else if (work.kind === "arrival" && asks) comes(nowMs + AGAIN_MS, "arrival", work.sinceMs);
    }
    coming.delete(tick);
    let left = TICK_MS - backMs;
    for (let work = queue[head]; work && left > 0; work = queue[++head]) {
      if (work.kind !== "signal") connecting--;
      if (work.kind === "signal") left -= COSTS.signalMs;
      else if (work.kind === "question") {
        left -= COSTS.refusalMs;
        const answer = admission.assign(load, nowMs);
        if (answer.ok) comes(nowMs + TICK_MS + answer.delayMs + 20 * random(), "arrival");
        else refused++;
      } else if (admission.enter(load, asks, nowMs) === null) {
        left -= COSTS.joinMs;
        joins++;
        latestMs = Math.max(latestMs, nowMs - work.sinceMs);
        for (let n = 0; n < SIGNALS; n++) comes(nowMs + TICK_MS + SIGNALS_WITHIN_MS * random(), "signal");
      } else {
        left -= COSTS.refusalMs;
        refused++;
      }
    }
    backMs = Math.max(0, -left);
    busyMs += Math.min(TICK_MS, TICK_MS - left);
    // A loop with work left over is as late as that work is long.
    delays.push(head < queue.length ? nowMs - (queue[head]?.atMs ?? nowMs) : 0);
    if (nowMs % LOOK_MS === 0) {
      delays.sort((a, b) => a - b);
      load = { ...load, loopDelayMs: delays[Math.floor(0.9 * delays.length)] ?? 0, busyShare: busyMs / LOOK_MS };
      delays.length = 0;
      busyMs = 0;
      admission.look(load);
    }
    if (nowMs % 1_000 === 0) {
      rows.push({ joins, refused, latestMs, rate: admission.rate });
      [joins, refused, latestMs] = [0, 0, 0];
    }
  }
  return rows;
}
