import type { SegmentId } from "@shoal/protocol";
import { mean, sum } from "./statistics.ts";
import type { LiveStream } from "./stream.ts";

/** How far segments have spread at one moment, and how busy uplinks were since the one before. */
export interface Moment {
  readonly atMs: number;
  /** Viewers that are there. */
  readonly viewers: number;
  /** Of those who give: what their uplinks can carry, and what they carried, bit/s. */
  readonly uplinkBps: number;
  readonly usedBps: number;
  /** What viewers hold of the newest segments, the newest first: in whole segments. */
  readonly held: readonly number[];
}

/** How segments spread, on the mean. */
export interface Spread {
  /** What viewers hold of a segment so long after its publication. */
  readonly held: readonly { readonly ageMs: number; readonly share: number }[];
  /** Share of the uplinks that is used: on the mean, and in the quietest and the busiest second. */
  readonly uplinkUse: { readonly mean: number; readonly least: number; readonly most: number };
}

/** Looks at an audience, or a part of it, once a second. */
export class Lookout {
  readonly moments: Moment[] = [];
  readonly #stream: LiveStream;
  readonly #segments: number;
  readonly #sentBytes = new Map<number, number>();
  #lookedMs = 0;

  /** @param latencyMs how far behind live viewers play: what is older is not looked at */
  constructor(stream: LiveStream, latencyMs: number) {
    this.#stream = stream;
    this.#segments = Math.ceil(latencyMs / stream.segmentMs) + 1;
  }

  /** @param viewers that are there @param atMs now, milliseconds */
  look(viewers: readonly Looked[], atMs: number): void {
    const seconds = (atMs - this.#lookedMs) / 1000;
    let uplinkBps = 0;
    let usedBps = 0;
    for (const { number, givesBps, sentBytes } of viewers) {
      if (givesBps === 0) continue;
      uplinkBps += givesBps;
      usedBps += ((sentBytes - (this.#sentBytes.get(number) ?? 0)) * 8) / seconds;
      this.#sentBytes.set(number, sentBytes);
    }
    const { newest, renditions } = this.#stream;
    const held = Array.from({ length: this.#segments }, (_, at) => {
      const some = renditions.map(({ level, segmentBytes }) => ({
        id: this.#stream.segment(level, newest - at).id,
        segmentBytes,
      }));
      return sum(viewers.map(({ holds }) => sum(some.map(({ id, segmentBytes }) => holds(id) / segmentBytes))));
    });
    this.#lookedMs = atMs;
    this.moments.push({ atMs, viewers: viewers.length, uplinkBps, usedBps, held });
  }
}

/** A viewer as it is looked at. */
export interface Looked {
  readonly number: number;
  /** Its uplink, bit/s; 0 where it does not give. */
  readonly givesBps: number;
  /** On the wire, since it came. */
  readonly sentBytes: number;
  /** Bytes it holds of a segment. */
  readonly holds: (id: SegmentId) => number;
}

/** What parts of an audience saw, put together: they look at the same moments. */
export function merged(parts: readonly (readonly Moment[])[]): Moment[] {
  const [first = [], ...others] = parts;
  return first.map((moment, at) => {
    const all = [moment, ...others.flatMap((part) => part[at] ?? [])];
    return {
      atMs: moment.atMs,
      viewers: sum(all.map(({ viewers }) => viewers)),
      uplinkBps: sum(all.map(({ uplinkBps }) => uplinkBps)),
      usedBps: sum(all.map(({ usedBps }) => usedBps)),
      held: moment.held.map((_, segment) => sum(all.map(({ held }) => held[segment] ?? 0))),
    };
  });
}

/** @param moments of the time that counts */
export function spreadOf(moments: readonly Moment[], stream: LiveStream): Spread {
  const shares = new Map<number, number[]>();
  for (const { atMs, viewers, held } of moments) {
    held.forEach((segments, at) => {
      const ageMs = Math.round(atMs % stream.segmentMs) + at * stream.segmentMs;
      shares.set(ageMs, [...(shares.get(ageMs) ?? []), segments / Math.max(1, viewers)]);
    });
  }
  const used = moments.map(({ usedBps, uplinkBps }) => usedBps / Math.max(1, uplinkBps));
  return {
    held: [...shares].sort(([a], [b]) => a - b).map(([ageMs, some]) => ({ ageMs, share: mean(some) })),
    uplinkUse: { mean: mean(used), least: Math.min(1, ...used), most: Math.max(0, ...used) },
  };
}
