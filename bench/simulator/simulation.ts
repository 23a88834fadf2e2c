import { Cdn } from "./cdn.ts";
import { Network } from "./network.ts";
import type { SimulationOptions } from "./options.ts";
import { type Person, populate } from "./population.ts";
import { Random } from "./random.ts";
import { Sealer } from "./sealer.ts";
import { LiveStream } from "./stream.ts";
import { Tracker } from "./tracker.ts";
import { Viewer, type World } from "./viewer.ts";
import { VirtualTime } from "./virtual-time.ts";

/** A run that is over: everything there is to measure. */
export interface FinishedRun {
  readonly options: SimulationOptions;
  readonly endMs: number;
  readonly lastJoinMs: number;
  readonly stream: LiveStream;
  readonly cdn: Cdn;
  readonly viewers: readonly Viewer[];
  readonly mesh: World["mesh"];
  readonly events: number;
}

/** Share of the viewers that vanish, or lie. */
const VANISH_SHARE = 0.3;
const LIAR_SHARE = 0.05;
const TRACKER_AWAY_MS = 30_000;
/** Until the tracker notices that its sealer is gone. */
const SEALER_MISSED_MS = 5_000;

/**
 * Plays a whole run. The same options give the same run, event for event.
 * @param sharing false for the control: the same players from the CDN alone
 * @param tick called about every second of virtual time
 */
export async function simulate(
  options: SimulationOptions,
  sharing: boolean,
  tick: (nowMs: number) => void = () => {},
): Promise<FinishedRun> {
  const { seed, segmentMs, windowMs } = options;
  const clock = new VirtualTime();
  const stream = new LiveStream(clock, { segmentMs, windowMs, bitrateBps: options.bitrateKbps * 1000 });
  const cdn = new Cdn(clock, stream);
  const endMs = options.seconds * 1000;
  const people = populate({ ...options, runMs: endMs });
  const world: World = { clock, stream, cdn, mesh: sharing ? openMesh(clock, stream, seed) : null };
  const viewers: Viewer[] = [];
  for (const person of people) clock.after(person.joinMs, () => viewers.push(new Viewer(world, person)));
  arrangeFault(options, world, people, viewers);
  for (let nowMs = 0; nowMs < endMs; nowMs += 1000) {
    await clock.run(Math.min(endMs, nowMs + 1000));
    tick(clock.now());
  }
  const lastJoinMs = people.reduce((last, { joinMs }) => Math.max(last, joinMs), 0);
  return { options, endMs, lastJoinMs, stream, cdn, viewers, mesh: world.mesh, events: clock.events };
}

function openMesh(clock: VirtualTime, stream: LiveStream, seed: number): NonNullable<World["mesh"]> {
  const tracker = new Tracker(clock, new Random(`tracker ${seed}`));
  const sealer = new Sealer(clock, stream, new Random(`sealer ${seed}`), (seal) => tracker.sealed(seal));
  tracker.follow(sealer);
  return { network: new Network(clock, seed, { loss: 0, jitterMs: 4 }), tracker, sealer };
}

function arrangeFault(
  { fault, seed, seconds }: SimulationOptions,
  { clock, mesh }: World,
  people: readonly Person[],
  viewers: readonly Viewer[],
): void {
  const random = new Random(`fault ${seed}`);
  const halfMs = seconds * 500;
  if (fault === "vanish") {
    clock.after(halfMs, () => {
      for (const viewer of viewers) {
        if (random.unit() >= VANISH_SHARE) continue;
        mesh?.network.vanish(viewer.person);
        mesh?.tracker.vanish(viewer.person.peerId);
        viewer.stop();
      }
    });
  } else if (fault === "tracker") {
    clock.after(halfMs, () => mesh?.tracker.fail(TRACKER_AWAY_MS));
  } else if (fault === "sealer") {
    clock.after(halfMs, () => mesh?.sealer.stop());
    clock.after(halfMs + SEALER_MISSED_MS, () => mesh?.tracker.setSealing("no-seal"));
  } else if (fault === "liars") {
    const first = random.below(people.length);
    const liars = people.filter(({ number, uploads }) => number === first || (uploads && random.unit() < LIAR_SHARE));
    for (const person of liars) mesh?.network.corrupt(person);
  }
}
