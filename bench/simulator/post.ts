import type { Join, PeerId, Seal, SegmentId, Signal, StatusUpdate, Welcome } from "@shoal/protocol";
import type { TrackerHandlers } from "../../packages/core/src/mesh/tracker-link.ts";
import { type FarFrame, FarFrames, readFarFrames } from "./far-frames.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What viewers say to the tracker. */
export type ToTracker =
  | { readonly kind: "join"; readonly isp: string; readonly join: Join }
  | { readonly kind: "signal"; readonly signal: Signal }
  | { readonly kind: "status"; readonly status: Partial<StatusUpdate> }
  | { readonly kind: "news"; readonly segmentId: SegmentId }
  | { readonly kind: "want"; readonly count: number }
  | { readonly kind: "report"; readonly uplinkBps: number }
  | { readonly kind: "leave" };

type First<Name extends keyof TrackerHandlers> = Parameters<TrackerHandlers[Name]>[0];

/** What the tracker says to a viewer. */
export type FromTracker =
  | { readonly kind: "welcome"; readonly welcome: Welcome }
  | { readonly kind: "candidates"; readonly candidates: First<"candidates"> }
  | { readonly kind: "signal"; readonly signal: First<"signal"> }
  | { readonly kind: "seal"; readonly seal: Seal }
  | { readonly kind: "sealing"; readonly sealing: First<"sealing"> }
  | { readonly kind: "roster"; readonly roster: First<"roster"> };

/** Something said between a viewer and the tracker or the sealer. */
export type Letter =
  | { readonly to: "tracker"; readonly peerId: PeerId; readonly said: ToTracker }
  | { readonly to: "viewer"; readonly peerId: PeerId; readonly said: FromTracker }
  | { readonly to: "sealer"; readonly peerId: PeerId; readonly question: number; readonly url: string }
  /** `seal`: encoded; null if there is none, or undefined if nobody answers. */
  | {
      readonly to: "asker";
      readonly peerId: PeerId;
      readonly question: number;
      readonly seal: Uint8Array | null | undefined;
    };

/** What ends the other side of a connection, or opens it, at a moment of virtual time. */
export interface FarTurn {
  readonly end: number;
  readonly atMs: number;
  readonly turn: "open" | "closed";
}

/** All that one shard has for another after one step. */
export interface Batch {
  readonly frames: Uint8Array<ArrayBuffer>;
  readonly turns: readonly FarTurn[];
  readonly letters: readonly { readonly atMs: number; readonly letter: Letter }[];
}

/** What reads a batch. */
export interface PostReader {
  frame(end: number, frame: FarFrame): void;
  turn(turn: FarTurn): void;
  letter(letter: Letter): void;
}

/** Which part of the audience, and of how many. */
export interface ShardPlace {
  readonly shard: number;
  readonly shards: number;
}

/** Where the tracker and the sealer are. */
export const CONTROL_PLANE_SHARD = 0;

/**
 * What passes between viewers, tracker and sealer of all shards. What is for this shard comes when its way is done; what
 * is for another lies in a batch until that is given to it. No way is shorter than a step.
 */
export class Post {
  readonly shard: number;
  readonly #clock: VirtualTime;
  readonly #shardOf: (peerId: PeerId) => number;
  readonly #out: { readonly frames: FarFrames; turns: FarTurn[]; letters: Batch["letters"][number][] }[];
  #reader: PostReader | null = null;

  /** @param shardOf where a viewer is */
  constructor(clock: VirtualTime, { shard, shards }: ShardPlace, shardOf: (peerId: PeerId) => number) {
    this.#clock = clock;
    this.shard = shard;
    this.#shardOf = shardOf;
    this.#out = Array.from({ length: shards }, () => ({ frames: new FarFrames(), turns: [], letters: [] }));
  }

  /** Who takes what comes. */
  readBy(reader: PostReader): void {
    this.#reader = reader;
  }

  send(letter: Letter, wayMs: number): void {
    const shard = letter.to === "viewer" || letter.to === "asker" ? this.#shardOf(letter.peerId) : CONTROL_PLANE_SHARD;
    if (shard === this.shard) this.#deliver(letter, wayMs);
    else this.#out[shard]?.letters.push({ atMs: this.#clock.now() + wayMs, letter });
  }

  sendFrame(shard: number, end: number, frame: FarFrame): void {
    this.#out[shard]?.frames.add(end, frame);
  }

  sendTurn(shard: number, turn: FarTurn): void {
    this.#out[shard]?.turns.push(turn);
  }

  /** What has gathered for another shard. */
  take(shard: number): Batch {
    const out = this.#out[shard];
    if (!out) throw new Error(`There is no shard ${shard}.`);
    const { turns, letters } = out;
    out.turns = [];
    out.letters = [];
    return { frames: out.frames.take(), turns, letters };
  }

  /** What another shard had for this one. */
  receive({ frames, turns, letters }: Batch): void {
    readFarFrames(frames, (end, frame) => this.#reader?.frame(end, frame));
    const nowMs = this.#clock.now();
    for (const turn of turns) this.#clock.after(turn.atMs - nowMs, () => this.#reader?.turn(turn));
    for (const { atMs, letter } of letters) this.#deliver(letter, atMs - nowMs);
  }

  #deliver(letter: Letter, inMs: number): void {
    this.#clock.after(inMs, () => this.#reader?.letter(letter));
  }
}
