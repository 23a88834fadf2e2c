import type { Clock } from "@shoal/core";
import type { SegmentId } from "@shoal/protocol";
import { Cdn, type CdnRequest } from "./cdn.ts";
import { arrangeFault } from "./faults.ts";
import { Network, type Traffic } from "./network.ts";
import type { SimulationOptions } from "./options.ts";
import { type Person, populate } from "./population.ts";
import { type Batch, CONTROL_PLANE_SHARD, Post, type ShardPlace } from "./post.ts";
import { Random } from "./random.ts";
import { Sealer } from "./sealer.ts";
import { SealerAccess } from "./sealer-access.ts";
import { Lookout, type Moment } from "./spread.ts";
import { LiveStream } from "./stream.ts";
import { type ControlPlane, Tracker } from "./tracker.ts";
import { TrackerAccess } from "./tracker-access.ts";
import { type SharedWorld, Viewer, type ViewerRecord, type World } from "./viewer.ts";
import { VirtualTime } from "./virtual-time.ts";

/** When a segment was sealed, milliseconds. */
export interface SealDelay {
  readonly publishedMs: number;
  /** From publication until the tracker had the seal. */
  readonly delayMs: number;
}

/** What happened in a shard: plain data. */
export interface ShardRecord {
  readonly viewers: readonly ViewerRecord[];
  readonly requests: readonly CdnRequest[];
  readonly egressBytes: readonly number[];
  readonly traffic: Traffic | null;
  readonly sealDelays: readonly SealDelay[];
  readonly moments: readonly Moment[];
  readonly sealerBytes: number;
  readonly events: number;
}

/** All of an audience, each at the place of its number. */
export function audienceOf(options: SimulationOptions): Person[] {
  const bitrateBps = 1000 * Math.max(...options.ladderKbps);
  return populate({ ...options, bitrateBps, runMs: options.seconds * 1000 });
}

/** What all of them watch. */
export function streamOf({ segmentMs, windowMs, ladderKbps }: SimulationOptions, clock: Clock): LiveStream {
  return new LiveStream(clock, { segmentMs, windowMs, ladderBps: ladderKbps.map((kbps) => kbps * 1000) });
}

/**
 * A part of the audience with a clock, a network and a CDN of its own. Tracker and sealer are in the first one. Whoever is
 * of one ISP is in one shard, as far as parts of equal size allow.
 */
export class Shard {
  readonly #clock = new VirtualTime();
  readonly #place: ShardPlace;
  readonly #post: Post;
  readonly #world: World;
  readonly #sealer: Sealer | null;
  readonly #sealDelays: SealDelay[] = [];
  readonly #viewers: Viewer[] = [];
  readonly #lookout: Lookout;

  /** @param sharing false for the control: the same players from the CDN alone */
  constructor(options: SimulationOptions, sharing: boolean, place: ShardPlace) {
    const { latencyMs, seed, path } = options;
    const clock = this.#clock;
    const people = audienceOf(options);
    const shards = shardsOf(people, place.shards);
    const stream = streamOf(options, clock);
    this.#place = place;
    this.#lookout = new Lookout(stream, latencyMs);
    const numbers = new Map(people.map(({ peerId, number }) => [peerId, number]));
    this.#post = new Post(clock, place, (peerId) => shards[numbers.get(peerId) ?? 0] ?? 0);
    const hasControlPlane = sharing && place.shard === CONTROL_PLANE_SHARD;
    const controlPlane = hasControlPlane ? this.#openControlPlane(options, stream) : null;
    this.#sealer = controlPlane?.sealer ?? null;
    const mesh = sharing
      ? {
          network: new Network(clock, seed, path, people, this.#post),
          tracker: new TrackerAccess(clock, new Random(`tracker ${seed} ${place.shard}`), this.#post),
          sealer: new SealerAccess(this.#post),
        }
      : null;
    this.#world = { clock, stream, cdn: new Cdn(clock, stream), latencyMs, mesh };
    if (mesh) this.#read(mesh, controlPlane);
    for (const person of people) if (shards[person.number] === place.shard) this.#arrangeVisit(person);
    this.#arrangeBrownOut(options);
    arrangeFault(options, { clock, mesh, controlPlane }, people, this.#viewers);
  }

  /** Lives up to a moment of virtual time, milliseconds. */
  run(untilMs: number): Promise<void> {
    return this.#clock.run(untilMs);
  }

  /** Looks how far segments have spread. @param atMs about now: the same in all shards */
  look(atMs: number): void {
    const { mesh } = this.#world;
    if (!mesh) return;
    const looked = this.#viewers.flatMap((viewer) => {
      const { person, gone } = viewer;
      if (gone) return [];
      const sentBytes = mesh.network.sentBytes(person);
      const givesBps = person.uploads ? person.uplinkBps : 0;
      return { number: person.number, givesBps, sentBytes, holds: (id: SegmentId) => viewer.holds(id) };
    });
    this.#lookout.look(looked, atMs);
  }

  /** What has gathered for another shard. */
  take(shard: number): Batch {
    return this.#post.take(shard);
  }

  /** What another shard had for this one. */
  receive(batch: Batch): void {
    this.#post.receive(batch);
  }

  record(): ShardRecord {
    const { cdn, mesh } = this.#world;
    return {
      viewers: this.#viewers.map((viewer) => viewer.record(mesh?.network.lies(viewer.person) ?? false)),
      requests: cdn.requests,
      egressBytes: cdn.egress.bytes,
      traffic: mesh?.network.traffic ?? null,
      sealDelays: this.#sealDelays,
      moments: this.#lookout.moments,
      sealerBytes: this.#sealer?.readBytes ?? 0,
      events: this.#clock.events,
    };
  }

  #openControlPlane({ seed, pieceKib }: SimulationOptions, stream: LiveStream): ControlPlane {
    const clock = this.#clock;
    const sealer = new Sealer(clock, stream, new Random(`sealer ${seed}`), { pieceKib }, (seal) => {
      const publishedMs = stream.publishedMs(stream.placeOf(seal.segmentId).number);
      this.#sealDelays.push({ publishedMs, delayMs: clock.now() - publishedMs });
      tracker.sealed(seal);
    });
    const tracker = new Tracker(clock, new Random(`tracker ${seed}`), this.#post, sealer);
    return { tracker, sealer };
  }

  #read({ network, tracker, sealer }: SharedWorld, controlPlane: ControlPlane | null): void {
    this.#post.readBy({
      frame: (end, frame) => network.farFrame(end, frame),
      turn: (turn) => network.farTurn(turn),
      letter: (letter) => {
        const { peerId } = letter;
        if (letter.to === "tracker") controlPlane?.tracker.receive(peerId, letter.said);
        else if (letter.to === "viewer") tracker.receive(peerId, letter.said);
        else if (letter.to === "asker") sealer.receive(letter.question, letter.seal);
        else {
          const { question } = letter;
          controlPlane?.sealer.ask(letter.url, (seal) => sealer.answer(peerId, question, seal));
        }
      },
    });
  }

  #arrangeVisit(person: Person): void {
    const clock = this.#clock;
    clock.after(person.joinMs, () => {
      const viewer = new Viewer(this.#world, person);
      this.#viewers.push(viewer);
      if (person.leaveMs !== null) clock.after(person.leaveMs - person.joinMs, () => viewer.gone || viewer.stop());
    });
  }

  #arrangeBrownOut({ brownOut }: SimulationOptions): void {
    if (!brownOut) return;
    if (this.#place.shards > 1) throw new Error("Shards have no CDN in common that could be limited.");
    const { cdn, stream } = this.#world;
    this.#clock.after(brownOut.fromMs, () => {
      const present = this.#viewers.filter(({ gone }) => !gone).length;
      cdn.limit(brownOut.share * present * stream.top.bps);
    });
    this.#clock.after(brownOut.fromMs + brownOut.durationMs, () => cdn.limit(null));
  }
}

/** The shard of each viewer, by its number. */
function shardsOf(people: readonly Person[], shards: number): number[] {
  const byIsp = people.toSorted((a, b) => a.isp - b.isp || a.number - b.number);
  const of = new Array<number>(people.length).fill(0);
  byIsp.forEach(({ number }, at) => {
    of[number] = Math.floor((at * shards) / people.length);
  });
  return of;
}
