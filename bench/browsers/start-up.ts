import { setTimeout as sleep } from "node:timers/promises";
import type { Seat } from "./audience.ts";
import type { BenchOptions } from "./options.ts";
import { aloneOf, type PlayerName, type PlayerSetUp, pageOf, setUpOf } from "./players.ts";
import { randomUnit } from "./random.ts";
import type { RunPlace } from "./run.ts";
import { type Scenario, SETTLE_MS } from "./scenarios.ts";
import { setStage } from "./stage.ts";
import type { Load, Pair } from "./start-up-measures.ts";
import { nameOf, settingsOf } from "./viewer-settings.ts";

const LOOK_MS = 250;
const GIVE_UP_MS = 20_000;
/** Lets the last page's requests and decoder go before the next begins. */
const BETWEEN_MS = 300;

/** Opens pages of a player and of the same without an engine in pairs, in an order drawn by seed, beside a swarm of that player. */
export async function loadInPairs(
  player: PlayerName,
  scenario: Scenario,
  { viewers, joinGapMs, pairs, seed, recover }: BenchOptions,
  { audience, pagesDir, signal }: RunPlace,
  tell: (done: number) => void,
): Promise<readonly Pair[]> {
  const setUp = setUpOf(player, scenario.latency);
  const { origin, trackerUrl, close } = await setStage(pagesDir, setUp, null);
  const unit = randomUnit(seed);
  const swarm: Seat[] = [];
  const open = (name: string, how: PlayerSetUp, viewer: number): Promise<Seat> => {
    const settings = settingsOf(viewer, { scenario, setUp: how, trackerUrl, recover });
    const engine = how.tracker === "none" ? { ...settings, tracker: null } : settings;
    return audience.seat({
      viewer: 0,
      name,
      pagesUrl: `${origin.url}/page`,
      page: pageOf(how, viewer),
      settings: engine,
    });
  };
  const load = async (name: string, how: PlayerSetUp): Promise<Load> => {
    const seat = await open(name, how, viewers);
    try {
      return await loaded(seat, signal);
    } finally {
      await seat.leave();
      await sleep(BETWEEN_MS, undefined, { signal });
    }
  };
  try {
    for (let viewer = 0; viewer < viewers; viewer++) {
      swarm.push(await open(nameOf(viewer), setUp, viewer));
      await sleep(joinGapMs, undefined, { signal });
    }
    await sleep(SETTLE_MS, undefined, { signal });
    const done: Pair[] = [];
    const plainSetUp = setUpOf(aloneOf(setUp, viewers), scenario.latency);
    while (done.length < pairs) {
      const plainFirst = unit() < 0.5;
      const first = await load("first", plainFirst ? plainSetUp : setUp);
      const second = await load("second", plainFirst ? setUp : plainSetUp);
      done.push(plainFirst ? { plain: first, player: second } : { plain: second, player: first });
      tell(done.length);
    }
    return done;
  } finally {
    await Promise.all(swarm.map((seat) => seat.leave().catch(() => {})));
    await close();
  }
}

async function loaded(seat: Seat, signal: AbortSignal): Promise<Load> {
  for (let waitedMs = 0; waitedMs < GIVE_UP_MS; waitedMs += LOOK_MS) {
    await sleep(LOOK_MS, undefined, { signal });
    const record = await seat.record();
    if (record?.startUpMs != null) return { startUpMs: record.startUpMs, firstRequestMs: record.firstRequestMs };
  }
  return { startUpMs: null, firstRequestMs: null };
}
