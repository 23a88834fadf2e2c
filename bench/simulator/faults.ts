import type { Clock } from "@shoal/core";
import type { SimulationOptions } from "./options.ts";
import type { Person } from "./population.ts";
import { Random } from "./random.ts";
import type { ControlPlane } from "./tracker.ts";
import type { SharedWorld, Viewer } from "./viewer.ts";

const VANISH_SHARE = 0.5;
const LIAR_SHARE = 0.05;
/** Until the tracker notices that its sealer is gone. */
const SEALER_MISSED_MS = 5_000;
/** The ISP that has no way to the others. */
const SPLIT_ISP = 0;

/** What a fault may touch in a shard. */
interface FaultyWorld {
  readonly clock: Clock;
  readonly mesh: SharedWorld | null;
  /** Tracker and sealer, where they are in this shard. */
  readonly controlPlane: ControlPlane | null;
}

/**
 * Arranges what goes wrong in a run. Every shard draws alike, and does its part.
 * @param people all of the audience
 * @param viewers those of them that have come to this shard so far; the list grows
 */
export function arrangeFault(
  { fault, seed, faultAtMs, faultMs }: SimulationOptions,
  world: FaultyWorld,
  people: readonly Person[],
  viewers: readonly Viewer[],
): void {
  const { clock, mesh, controlPlane } = world;
  const random = new Random(`fault ${seed}`);
  const forAWhile = (begin: () => void, end: () => void): void => {
    clock.after(faultAtMs, begin);
    clock.after(faultAtMs + faultMs, end);
  };
  const loseSealer = (): void => {
    forAWhile(
      () => controlPlane?.sealer.stop(),
      () => controlPlane?.sealer.resume(),
    );
    clock.after(faultAtMs + SEALER_MISSED_MS, () => controlPlane?.tracker.setSealing("no-seal"));
    clock.after(faultAtMs + faultMs, () => controlPlane?.tracker.setSealing("on"));
  };
  const loseTracker = (): void => {
    clock.after(faultAtMs, () => {
      controlPlane?.tracker.fail(faultMs);
      mesh?.tracker.fail(faultMs);
    });
  };
  switch (fault) {
    case "none":
      return;
    case "vanish":
      return void clock.after(faultAtMs, () => vanish(world, goneAt(faultAtMs, people, random), viewers));
    case "tracker":
      return loseTracker();
    case "sealer":
      return loseSealer();
    case "tracker+sealer":
      loseTracker();
      return loseSealer();
    case "split":
      return forAWhile(
        () => mesh?.network.split(SPLIT_ISP),
        () => mesh?.network.split(null),
      );
    case "liars":
      return corrupt(world, people, random);
  }
}

/** Of those who are present, whoever vanishes. */
function goneAt(atMs: number, people: readonly Person[], random: Random): Person[] {
  return people.filter(
    ({ joinMs, leaveMs }) =>
      joinMs < atMs && (leaveMs ?? Number.POSITIVE_INFINITY) > atMs && random.unit() < VANISH_SHARE,
  );
}

function vanish({ mesh, controlPlane }: FaultyWorld, gone: readonly Person[], viewers: readonly Viewer[]): void {
  mesh?.network.vanish(gone);
  const numbers = new Set(gone.map(({ number }) => number));
  for (const { peerId } of gone) {
    mesh?.tracker.vanish(peerId);
    controlPlane?.tracker.vanish(peerId);
  }
  for (const viewer of viewers) if (numbers.has(viewer.person.number) && !viewer.gone) viewer.stop();
}

/** At least one; who fetches from the CDN is drawn anew for each segment, so liars are among those too. */
function corrupt({ mesh }: FaultyWorld, people: readonly Person[], random: Random): void {
  const givers = people.filter(({ uploads }) => uploads);
  const first = givers[random.below(givers.length)];
  for (const person of givers) if (person === first || random.unit() < LIAR_SHARE) mesh?.network.corrupt(person);
}
