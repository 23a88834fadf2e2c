import { setTimeout as sleep } from "node:timers/promises";
import { loadMedia, type Origin } from "@shoal/origin";
import type { Audience, PageLoad, Seat } from "./audience.ts";
import { coreTime, idleShare } from "./machine.ts";
import type { BenchOptions } from "./options.ts";
import { OriginLog } from "./origin-log.ts";
import { type PlayerName, setUpOf } from "./players.ts";
import { untilQuiet } from "./quiet.ts";
import type { RunRecord, SeatRecord } from "./run-record.ts";
import type { Scenario } from "./scenarios.ts";
import { CDN, setStage } from "./stage.ts";
import { type Act, timetable } from "./timetable.ts";
import { isHit, nameOf, settingsOf } from "./viewer-settings.ts";

const SAMPLE_MS = 1_000;

interface Taken {
  readonly seat: Seat;
  readonly joinedMs: number;
  atSteady: PageLoad | null;
}

/** Plays one scenario once with one player. @param tell called about once a second with seconds played and to play */
export async function run(
  player: PlayerName,
  scenario: Scenario,
  options: BenchOptions,
  { audience, pagesDir }: { readonly audience: Audience; readonly pagesDir: string },
  signal: AbortSignal,
  tell: (playedS: number, allS: number) => void,
): Promise<RunRecord> {
  const table = timetable(scenario, options);
  const setUp = setUpOf(player, scenario.latency);
  const stage = await setStage(pagesDir, setUp);
  const { origin, trackerUrl } = stage;
  const log = new OriginLog(origin);
  const taken = new Map<number, Taken>();
  const left: SeatRecord[] = [];
  const beganMs = Date.now();
  let steadyMs = beganMs + table.steadyMs;
  let cpuAtSteadyS: number | null = null;
  let coresAtSteady = coreTime();

  const join = async (viewer: number): Promise<void> => {
    const joinedMs = Date.now();
    const settings = settingsOf(viewer, { scenario, setUp, trackerUrl, recover: options.recover });
    const place = { name: nameOf(viewer), pagesUrl: `${origin.url}/page`, page: setUp.page, settings };
    taken.set(viewer, { seat: await audience.seat(place), joinedMs, atSteady: null });
  };
  const ask = async (viewer: number, { seat, joinedMs, atSteady }: Taken): Promise<void> => {
    const leftMs = Date.now();
    const [page, atEnd] = await Promise.all([seat.record(), seat.load()]);
    const loads = atSteady && atEnd ? ([atSteady, atEnd] as const) : null;
    left.push({ name: nameOf(viewer), joinedMs, leftMs, hit: isHit(viewer, scenario), page, loads });
  };
  const perform = async (act: Act): Promise<void> => {
    if (act.kind === "join") await join(act.viewer);
    else if (act.kind === "leave") {
      const place = taken.get(act.viewer);
      taken.delete(act.viewer);
      if (place) await ask(act.viewer, place);
      await place?.seat.leave();
    } else if (act.kind === "trouble") await makeTrouble(origin, scenario, options);
    else if (act.kind === "relief") {
      origin.setFault({ kind: "none" });
      origin.setShaping(CDN);
    } else if (act.kind === "steady") {
      steadyMs = await mark();
      cpuAtSteadyS = await audience.cpuS();
      coresAtSteady = coreTime();
      for (const place of taken.values()) place.atSteady = await place.seat.load();
    }
  };
  const mark = async (): Promise<number> => {
    await untilQuiet(origin, signal);
    log.note();
    await Promise.all([...taken.values()].map(({ seat }) => seat.mark()));
    return Date.now();
  };

  try {
    const acts = [...table.acts];
    for (let act = acts.shift(); act !== undefined; act = acts.shift()) {
      for (;;) {
        const nowMs = Date.now();
        log.note();
        tell((nowMs - beganMs) / 1000, table.endMs / 1000);
        const waitMs = beganMs + act.atMs - nowMs;
        if (waitMs <= 0) break;
        await sleep(Math.min(SAMPLE_MS, waitMs), undefined, { signal });
      }
      await perform(act);
    }
    const endMs = await mark();
    const counts = origin.counts();
    const idle = idleShare(coresAtSteady, coreTime());
    const cpuAtEndS = await audience.cpuS();
    await Promise.all([...taken].map(([viewer, place]) => ask(viewer, place)));
    return {
      player,
      scenario,
      viewers: options.viewers,
      joinGapMs: options.joinGapMs,
      beganMs,
      steadyMs,
      endMs,
      trouble: table.trouble && { fromMs: beganMs + table.trouble.fromMs, toMs: beganMs + table.trouble.toMs },
      seats: left.toSorted((a, b) => a.joinedMs - b.joinedMs),
      origin: log.samples,
      firstAskedMs: log.firstAskedMs,
      counts,
      browserCpuS: cpuAtSteadyS === null || cpuAtEndS === null ? null : cpuAtEndS - cpuAtSteadyS,
      idleShare: idle,
    };
  } finally {
    await Promise.all([...taken.values()].map(({ seat }) => seat.leave().catch(() => {})));
    await stage.close();
  }
}

/** Lets the CDN fail for those that are hit, or sends it half of what all of them need at full quality. */
async function makeTrouble(origin: Origin, scenario: Scenario, { viewers, failure }: BenchOptions): Promise<void> {
  const { trouble } = scenario;
  if (trouble === null) return;
  if (trouble.kind === "brown-out") {
    origin.setShaping({ ...CDN, totalBitsPerSecond: (viewers * (await fullQualityBps())) / 2 });
    return;
  }
  const clients = Array.from({ length: viewers }, (_, viewer) => viewer).filter((viewer) => isHit(viewer, scenario));
  const filter = { media: true, ...(trouble.share < 1 ? { clients: clients.map(nameOf) } : {}) };
  origin.setFault(failure === "hang" ? { kind: "hang", filter } : { kind: "status", status: Number(failure), filter });
}

async function fullQualityBps(): Promise<number> {
  const { renditions } = await loadMedia();
  const most = (kind: string): number =>
    Math.max(0, ...renditions.filter((one) => one.kind === kind).map((one) => one.averageBitsPerSecond));
  return most("video") + most("audio");
}
