import { Cdn } from "./cdn.ts";
import { arrangeFault } from "./faults.ts";
import { Network } from "./network.ts";
import type { SimulationOptions } from "./options.ts";
import { lastJoinMs, type Person, populate } from "./population.ts";
import { Random } from "./random.ts";
import { Sealer } from "./sealer.ts";
import { LiveStream } from "./stream.ts";
import { Tracker } from "./tracker.ts";
import { Viewer, type World } from "./viewer.ts";
import { VirtualTime } from "./virtual-time.ts";

/** When a segment was sealed, milliseconds. */
export interface SealDelay {
  readonly publishedMs: number;
  /** From publication until the tracker had the seal. */
  readonly delayMs: number;
}

/** A run that is over: everything there is to measure. */
export interface FinishedRun {
  readonly options: SimulationOptions;
  readonly endMs: number;
  readonly lastJoinMs: number;
  readonly people: readonly Person[];
  readonly stream: LiveStream;
  readonly cdn: Cdn;
  readonly viewers: readonly Viewer[];
  readonly mesh: World["mesh"];
  readonly sealDelays: readonly SealDelay[];
  readonly events: number;
}

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
  const { seconds, segmentMs, windowMs, latencyMs, ladderKbps } = options;
  const clock = new VirtualTime();
  const stream = new LiveStream(clock, { segmentMs, windowMs, ladderBps: ladderKbps.map((kbps) => kbps * 1000) });
  const cdn = new Cdn(clock, stream);
  const endMs = seconds * 1000;
  const people = populate({ ...options, bitrateBps: stream.top.bps, runMs: endMs });
  const sealDelays: SealDelay[] = [];
  const mesh = sharing ? openMesh(clock, stream, options, sealDelays) : null;
  const world: World = { clock, stream, cdn, latencyMs, mesh };
  const viewers: Viewer[] = [];
  for (const person of people) arrangeVisit(world, person, viewers);
  arrangeBrownOut(options, world, viewers);
  arrangeFault(options, world, people, viewers);
  for (let nowMs = 0; nowMs < endMs; nowMs += 1000) {
    await clock.run(Math.min(endMs, nowMs + 1000));
    tick(clock.now());
  }
  const joinedMs = lastJoinMs(people);
  return { options, endMs, lastJoinMs: joinedMs, people, stream, cdn, viewers, mesh, sealDelays, events: clock.events };
}

function openMesh(
  clock: VirtualTime,
  stream: LiveStream,
  { seed, path, pieceKib }: SimulationOptions,
  sealDelays: SealDelay[],
): NonNullable<World["mesh"]> {
  const tracker = new Tracker(clock, new Random(`tracker ${seed}`));
  const sealer = new Sealer(clock, stream, new Random(`sealer ${seed}`), { pieceKib }, (seal) => {
    const publishedMs = stream.publishedMs(stream.placeOf(seal.segmentId).number);
    sealDelays.push({ publishedMs, delayMs: clock.now() - publishedMs });
    tracker.sealed(seal);
  });
  tracker.follow(sealer);
  return { network: new Network(clock, seed, path), tracker, sealer };
}

function arrangeVisit(world: World, person: Person, viewers: Viewer[]): void {
  world.clock.after(person.joinMs, () => {
    const viewer = new Viewer(world, person);
    viewers.push(viewer);
    if (person.leaveMs !== null) world.clock.after(person.leaveMs - person.joinMs, () => viewer.gone || viewer.stop());
  });
}

function arrangeBrownOut({ brownOut }: SimulationOptions, { clock, cdn, stream }: World, viewers: Viewer[]): void {
  if (!brownOut) return;
  clock.after(brownOut.fromMs, () => {
    const present = viewers.filter(({ gone }) => !gone).length;
    cdn.limit(brownOut.share * present * stream.top.bps);
  });
  clock.after(brownOut.fromMs + brownOut.durationMs, () => cdn.limit(null));
}
