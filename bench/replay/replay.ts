import { Audience, type Entry, type EntryPatch, type MATCHING_DEFAULTS, type Mesh, SwarmTable } from "@shoal/matching";
import { isPeerId } from "@shoal/protocol";

/** What one swarm's recorded audience becomes under a matching. */
export interface SwarmReplay {
  readonly swarm: string;
  readonly joins: number;
  readonly mostViewers: number;
  /** Share of the candidates that were of the same ISP. */
  readonly offeredSameIsp: number;
  /** What the audience was when it was largest. */
  readonly atPeak: Mesh;
}

export interface Replay {
  readonly swarms: readonly SwarmReplay[];
  readonly lines: number;
  /** Lines that could not be read, such as the last one of a tracker that was killed. */
  readonly skipped: number;
}

interface Swarm {
  readonly audience: Audience;
  joins: number;
  mostViewers: number;
  atPeak: Mesh | null;
}

/** Draws from [0, 1), the same for the same seed. */
export function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Lets a recorded audience meet under the matching as it is now. */
export function replay(
  lines: Iterable<string>,
  seed: number = 1,
  options: Partial<typeof MATCHING_DEFAULTS> = {},
): Replay {
  const swarms = new Map<string, Swarm>();
  let count = 0;
  let skipped = 0;
  for (const line of lines) {
    if (line.trim() === "") continue;
    count++;
    const event = readLine(line);
    if (!event) {
      skipped++;
      continue;
    }
    let swarm = swarms.get(event.s);
    if (!swarm) {
      const audience = new Audience(new SwarmTable(options), draws(seed));
      swarm = { audience, joins: 0, mostViewers: 0, atPeak: null };
      swarms.set(event.s, swarm);
    }
    apply(swarm, event);
  }
  return { swarms: [...swarms].map(([name, swarm]) => resultOf(name, swarm)), lines: count, skipped };
}

type Event = { readonly t: number; readonly s: string } & (
  | { readonly e: "join"; readonly entry: Entry }
  | { readonly e: "status"; readonly peerId: Entry["peerId"]; readonly patch: EntryPatch }
  | { readonly e: "want"; readonly peerId: Entry["peerId"]; readonly count: number }
  | { readonly e: "leave"; readonly peerId: Entry["peerId"] }
);

function apply(swarm: Swarm, event: Event): void {
  const { audience } = swarm;
  switch (event.e) {
    case "join":
      audience.join(event.entry);
      swarm.joins++;
      break;
    case "status":
      return audience.update(event.peerId, event.patch);
    case "want":
      audience.ask(event.peerId, event.count, event.t);
      break;
    case "leave": {
      // Everybody leaves in the end: what the swarm was at its largest is its result.
      if (audience.size === swarm.mostViewers) swarm.atPeak = audience.mesh();
      audience.leave(event.peerId);
    }
  }
  swarm.mostViewers = Math.max(swarm.mostViewers, audience.size);
}

function resultOf(name: string, { audience, joins, mostViewers, atPeak }: Swarm): SwarmReplay {
  const isPeak = audience.size === mostViewers || atPeak === null;
  const offeredSameIsp = audience.offered === 0 ? 0 : audience.offeredSameIsp / audience.offered;
  return { swarm: name, joins, mostViewers, offeredSameIsp, atPeak: isPeak ? audience.mesh() : atPeak };
}

function readLine(line: string): Event | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const { t, s, e, entry, peerId, patch, count } = (value ?? {}) as Record<string, unknown>;
  if (typeof t !== "number" || typeof s !== "string") return null;
  if (e === "join") return isEntry(entry) ? { t, s, e, entry } : null;
  if (!isPeerId(peerId)) return null;
  if (e === "leave") return { t, s, e, peerId };
  if (e === "want") return typeof count === "number" ? { t, s, e, peerId, count } : null;
  if (e === "status" && typeof patch === "object" && patch !== null) return { t, s, e, peerId, patch };
  return null;
}

function isEntry(value: unknown): value is Entry {
  const { peerId, isp, tracks, freeSlots } = (value ?? {}) as Record<string, unknown>;
  return isPeerId(peerId) && typeof isp === "string" && Array.isArray(tracks) && typeof freeSlots === "number";
}
