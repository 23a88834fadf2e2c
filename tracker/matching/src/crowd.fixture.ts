import type { PeerId, TrackId } from "@shoal/protocol";
import type { Entry } from "./entry.ts";

export const peer = (n: number): PeerId => n.toString(16).padStart(32, "0") as PeerId;
export const track = (n: number): TrackId => n.toString(16).padStart(16, "0") as TrackId;
export const entry = (n: number, more: Partial<Entry> = {}): Entry => ({
  peerId: peer(n),
  isp: "a",
  tracks: [track(1)],
  device: "desktop",
  sharing: "full",
  freeSlots: 20,
  withheld: false,
  ...more,
});

/** A small linear congruential generator: the same draws on every run. */
export function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
