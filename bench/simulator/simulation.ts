import type { CdnRequest } from "./cdn.ts";
import { Egress } from "./egress.ts";
import type { Traffic } from "./network.ts";
import type { SimulationOptions } from "./options.ts";
import { LEAST_DELAY_MS } from "./path.ts";
import { lastJoinMs, type Person } from "./population.ts";
import type { Batch, ShardPlace } from "./post.ts";
import { audienceOf, type SealDelay, Shard, type ShardRecord, streamOf } from "./shard.ts";
import { type Moment, merged } from "./spread.ts";
import type { LiveStream } from "./stream.ts";
import type { ViewerRecord } from "./viewer.ts";
import { VirtualTime } from "./virtual-time.ts";

/** A run that is over: everything there is to measure. */
export interface FinishedRun {
  readonly options: SimulationOptions;
  readonly endMs: number;
  readonly lastJoinMs: number;
  readonly people: readonly Person[];
  readonly stream: LiveStream;
  /** What the CDN was asked, in order. */
  readonly requests: readonly CdnRequest[];
  readonly egress: Egress;
  /** In order of their joining. */
  readonly viewers: readonly ViewerRecord[];
  /** Null in the control. */
  readonly traffic: Traffic | null;
  readonly sealDelays: readonly SealDelay[];
  /** How it stood, second by second. Nothing in the control. */
  readonly moments: readonly Moment[];
  readonly sealerBytes: number;
  readonly events: number;
}

/** Gives the other shards what this one has for them after a step, and waits for what they have for it, in their order. */
export type Exchange = (batches: readonly (Batch | null)[]) => Promise<readonly Batch[]>;

const TICK_MS = 1000;

/**
 * Plays a whole run in this thread. The same options give the same run, event for event.
 * @param sharing false for the control: the same players from the CDN alone
 * @param tick called about every second of virtual time
 * @param shards into how many parts the audience is cut; that changes the run a little
 */
export async function simulate(
  options: SimulationOptions,
  sharing: boolean,
  tick: (nowMs: number) => void = () => {},
  shards: number = 1,
): Promise<FinishedRun> {
  const exchanges = meeting(shards);
  const records = await Promise.all(
    exchanges.map((exchange, shard) =>
      playShard(options, sharing, { shard, shards }, exchange, shard === 0 ? tick : () => {}),
    ),
  );
  return finished(options, records);
}

/** Plays one shard beside the others, which do the same elsewhere. */
export async function playShard(
  options: SimulationOptions,
  sharing: boolean,
  place: ShardPlace,
  exchange: Exchange,
  tick: (nowMs: number) => void,
): Promise<ShardRecord> {
  const shard = new Shard(options, sharing, place);
  const endMs = options.seconds * 1000;
  // What happens in one shard reaches another no sooner than after a step.
  const stepMs = place.shards === 1 ? TICK_MS : LEAST_DELAY_MS;
  let tickMs = TICK_MS;
  for (let nowMs = 0; nowMs < endMs; ) {
    nowMs = Math.min(endMs, nowMs + stepMs);
    await shard.run(nowMs);
    const others = Array.from({ length: place.shards }, (_, at) => (at === place.shard ? null : shard.take(at)));
    for (const batch of await exchange(others)) shard.receive(batch);
    if (nowMs >= tickMs) shard.look(tickMs);
    if (nowMs < tickMs && nowMs < endMs) continue;
    tick(nowMs);
    tickMs += TICK_MS;
  }
  return shard.record();
}

/** A run, from what happened in each of its shards. */
export function finished(options: SimulationOptions, shards: readonly ShardRecord[]): FinishedRun {
  const people = audienceOf(options);
  const egress = new Egress();
  for (const { egressBytes } of shards) egress.addAll(egressBytes);
  const traffic = shards.flatMap((one) => one.traffic ?? []);
  return {
    options,
    endMs: options.seconds * 1000,
    lastJoinMs: lastJoinMs(people),
    people,
    stream: streamOf(options, new VirtualTime()),
    requests: shards.flatMap(({ requests }) => requests).sort((a, b) => a.atMs - b.atMs),
    egress,
    viewers: shards.flatMap(({ viewers }) => viewers).sort((a, b) => a.person.joinMs - b.person.joinMs),
    traffic: traffic.length === 0 ? null : traffic.reduce(together),
    sealDelays: shards.flatMap(({ sealDelays }) => sealDelays),
    moments: merged(shards.map(({ moments }) => moments)),
    sealerBytes: shards.reduce((sum, { sealerBytes }) => sum + sealerBytes, 0),
    events: shards.reduce((sum, { events }) => sum + events, 0),
  };
}

function together(a: Traffic, b: Traffic): Traffic {
  const types = Math.max(a.frames.length, b.frames.length);
  return {
    pieceBytes: a.pieceBytes + b.pieceBytes,
    sameIspPieceBytes: a.sameIspPieceBytes + b.sameIspPieceBytes,
    falsePieceBytes: a.falsePieceBytes + b.falsePieceBytes,
    controlBytes: a.controlBytes + b.controlBytes,
    frames: Array.from({ length: types }, (_, type) => (a.frames[type] ?? 0) + (b.frames[type] ?? 0)),
  };
}

/** Exchanges between shards of one thread: each waits until all have come. */
function meeting(shards: number): Exchange[] {
  let given: (readonly (Batch | null)[])[] = [];
  let waiting: (() => void)[] = [];
  return Array.from({ length: shards }, (_, shard) => async (batches) => {
    const all = given;
    all[shard] = batches;
    if (waiting.length < shards - 1) await new Promise<void>((resolve) => waiting.push(resolve));
    else {
      const others = waiting;
      given = [];
      waiting = [];
      for (const go of others) go();
    }
    return all.flatMap((from) => from[shard] ?? []);
  });
}
