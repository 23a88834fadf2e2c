import { setTimeout as sleep } from "node:timers/promises";
import type { Audience } from "./audience.ts";
import { type CoreTime, coreTime, idleShare } from "./machine.ts";
import type { BenchOptions } from "./options.ts";
import { OriginLog } from "./origin-log.ts";
import { type PlayerName, setUpOf } from "./players.ts";
import { untilQuiet } from "./quiet.ts";
import type { RunRecord } from "./run-record.ts";
import type { Scenario } from "./scenarios.ts";
import { type Stage, setStage } from "./stage.ts";
import { type Act, timetable } from "./timetable.ts";
import { makeTrouble, relieve } from "./trouble.ts";
import { Viewers } from "./viewers.ts";

const SAMPLE_MS = 1_000;

/** Where a run takes place, and how it is ended early and followed. */
export interface RunPlace {
  readonly audience: Audience;
  /** The built pages. */
  readonly pagesDir: string;
  readonly signal: AbortSignal;
}

/** What is known of the browser and the machine when the run is steady. */
interface Mark {
  readonly atMs: number;
  readonly browserCpuS: number | null;
  readonly cores: CoreTime;
}

/** Plays one scenario once with one player. @param tell called about once a second with seconds played and to play */
export async function run(
  player: PlayerName,
  scenario: Scenario,
  options: BenchOptions,
  { audience, pagesDir, signal }: RunPlace,
  tell: (playedS: number, allS: number) => void,
): Promise<RunRecord> {
  const { acts, steadyMs, endMs, trouble } = timetable(scenario, options);
  const setUp = setUpOf(player, scenario.latency);
  const stage = await setStage(pagesDir, setUp, scenario.homes);
  const { origin } = stage;
  const viewers = new Viewers(audience, { scenario, setUp, stage, recover: options.recover });
  const log = new OriginLog(origin);
  const beganMs = Date.now();
  const markNow = async (): Promise<Mark> => {
    await markAll(stage, viewers, log, signal);
    return { atMs: Date.now(), browserCpuS: await audience.cpuS(), cores: coreTime() };
  };
  let steady: Mark = { atMs: beganMs + steadyMs, browserCpuS: null, cores: coreTime() };
  const perform = async (act: Act): Promise<void> => {
    if (act.kind === "join" || act.kind === "leave") await viewers[act.kind](act.viewer);
    else if (act.kind === "trouble") await makeTrouble(origin, scenario, options);
    else if (act.kind === "relief") relieve(origin);
    else if (act.kind === "steady") {
      steady = await markNow();
      await viewers.noteLoads();
    }
  };
  try {
    for (const act of acts) {
      for (;;) {
        const passedMs = Date.now() - beganMs;
        log.note();
        tell(passedMs / 1000, endMs / 1000);
        if (passedMs >= act.atMs) break;
        await sleep(Math.min(SAMPLE_MS, act.atMs - passedMs), undefined, { signal });
      }
      await perform(act);
    }
    const end = await markNow();
    const { browserCpuS } = end;
    return {
      player,
      scenario,
      viewers: options.viewers,
      joinGapMs: options.joinGapMs,
      beganMs,
      steadyMs: steady.atMs,
      endMs: end.atMs,
      trouble: trouble && { fromMs: beganMs + trouble.fromMs, toMs: beganMs + trouble.toMs },
      publication: stage.publication,
      counts: origin.counts(),
      seats: await viewers.records(),
      origin: log.samples,
      firstAskedMs: log.firstAskedMs,
      browserCpuS: steady.browserCpuS === null || browserCpuS === null ? null : browserCpuS - steady.browserCpuS,
      idleShare: idleShare(steady.cores, end.cores),
    };
  } finally {
    await viewers.leaveAll();
    await stage.close();
  }
}

/** Both sides count at the same moment, when no segment is under way if such a moment comes. */
async function markAll({ origin }: Stage, viewers: Viewers, log: OriginLog, signal: AbortSignal): Promise<void> {
  await untilQuiet(origin, signal);
  log.note();
  await viewers.mark();
}
