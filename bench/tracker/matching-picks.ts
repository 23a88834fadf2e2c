import { type Entry, SwarmTable } from "@shoal/matching";
import type { PeerId, TrackId } from "@shoal/protocol";

/** What it costs to choose 16 candidates among so many viewers of one swarm. */
export interface PickCost {
  readonly viewers: number;
  /** Median over batches, microseconds. */
  readonly pickUs: number;
  readonly addUs: number;
  readonly updateUs: number;
  readonly removeUs: number;
  /** Candidates of the same ISP, among viewers of the four large ISPs. */
  readonly sameIspShare: number;
}

const COUNT = 16;
const BATCHES = 40;
const PICKS = 250;
/** Four ISPs with most of the audience, and a long tail. */
const LARGE_ISPS = [0.3, 0.22, 0.18, 0.12];

/** Measures a swarm of each size, one after the other, in this process. */
export function measurePicks(sizes: readonly number[] = [10_000, 100_000, 1_000_000], seed: number = 1): PickCost[] {
  // Once for nothing: what is measured is the optimised code at every size.
  measure(10_000, seed);
  return sizes.map((viewers) => measure(viewers, seed));
}

function measure(viewers: number, seed: number): PickCost {
  const random = draws(seed);
  const table = new SwarmTable();
  const entries = Array.from({ length: viewers }, (_, n) => viewer(n, random));
  const addUs = time(() => {
    for (const entry of entries) table.add(entry);
  }, viewers);
  const costs: number[] = [];
  let nowMs = 1_000_000;
  let same = 0;
  let picked = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    const chosen = Array.from({ length: PICKS }, () => entries[Math.floor(random() * viewers)]);
    costs.push(
      time(() => {
        for (const entry of chosen) {
          if (!entry) continue;
          const answer = table.pick(entry.peerId, COUNT, nowMs, random);
          if (!entry.isp.startsWith("large")) continue;
          picked += answer.length;
          for (const candidate of answer) if (candidate.sameIsp) same++;
        }
      }, PICKS),
    );
    nowMs += 2_000;
  }
  const changed = Array.from({ length: 10_000 }, () => entries[Math.floor(random() * viewers)]);
  const updateUs = time(() => {
    for (const entry of changed) if (entry) table.update(entry.peerId, { tracks: [track(random)] });
  }, changed.length);
  const removeUs = time(() => {
    for (const entry of changed) if (entry) table.remove(entry.peerId);
  }, changed.length);
  const pickUs = costs.sort((a, b) => a - b)[BATCHES >> 1] ?? 0;
  return { viewers, pickUs, addUs, updateUs, removeUs, sameIspShare: picked === 0 ? 0 : same / picked };
}

function viewer(n: number, random: () => number): Entry {
  const region = `DE-${Math.floor(random() * 12)}`;
  return {
    peerId: n.toString(16).padStart(32, "0") as PeerId,
    isp: isp(random()),
    tracks: [track(random)],
    device: random() < 0.6 ? "desktop" : "phone",
    sharing: "full",
    freeSlots: 20,
    withheld: false,
    region,
    country: "DE",
    nat: random() < 0.15 ? "symmetric" : "cone",
  };
}

function isp(drawn: number): string {
  let left = drawn;
  for (const [at, share] of LARGE_ISPS.entries()) {
    if (left < share) return `large-${at}`;
    left -= share;
  }
  return `small-${Math.floor((left / 0.18) * 200)}`;
}

const track = (random: () => number): TrackId =>
  Math.floor(random() * 5)
    .toString(16)
    .padStart(16, "0") as TrackId;

/** CPU time of this process: what else runs on the machine delays it, and is not counted. */
function time(act: () => void, operations: number): number {
  const began = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / operations;
}

/** A small linear congruential generator: the same draws on every run. */
function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

if (import.meta.main) {
  for (const cost of measurePicks()) {
    const { viewers, pickUs, addUs, updateUs, removeUs, sameIspShare } = cost;
    const us = (value: number): string => value.toFixed(1).padStart(6);
    console.log(
      `${viewers.toLocaleString("en").padStart(9)} viewers: pick ${us(pickUs)} µs, add ${us(addUs)}, change track ${us(updateUs)}, remove ${us(removeUs)}; same ISP ${(100 * sameIspShare).toFixed(1)} %`,
    );
  }
}
