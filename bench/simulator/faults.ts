import type { SimulationOptions } from "./options.ts";
import type { Person } from "./population.ts";
import { Random } from "./random.ts";
import type { Viewer, World } from "./viewer.ts";

const VANISH_SHARE = 0.5;
const LIAR_SHARE = 0.05;
/** Until the tracker notices that its sealer is gone. */
const SEALER_MISSED_MS = 5_000;
/** The ISP that has no way to the others. */
const SPLIT_ISP = 0;

/** Arranges what goes wrong in a run. */
export function arrangeFault(
  { fault, seed, faultAtMs, faultMs }: SimulationOptions,
  world: World,
  people: readonly Person[],
  viewers: readonly Viewer[],
): void {
  const { clock, mesh } = world;
  const random = new Random(`fault ${seed}`);
  const forAWhile = (begin: () => void, end: () => void): void => {
    clock.after(faultAtMs, begin);
    clock.after(faultAtMs + faultMs, end);
  };
  const loseSealer = (): void => {
    forAWhile(
      () => mesh?.sealer.stop(),
      () => mesh?.sealer.resume(),
    );
    clock.after(faultAtMs + SEALER_MISSED_MS, () => mesh?.tracker.setSealing("no-seal"));
    clock.after(faultAtMs + faultMs, () => mesh?.tracker.setSealing("on"));
  };
  const loseTracker = (): void => void clock.after(faultAtMs, () => mesh?.tracker.fail(faultMs));
  switch (fault) {
    case "none":
      return;
    case "vanish":
      return void clock.after(faultAtMs, () => vanish(world, viewers, random));
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

function vanish({ mesh }: World, viewers: readonly Viewer[], random: Random): void {
  for (const viewer of viewers) {
    if (viewer.gone || random.unit() >= VANISH_SHARE) continue;
    mesh?.network.vanish(viewer.person);
    mesh?.tracker.vanish(viewer.person.peerId);
    viewer.stop();
  }
}

/** At least one; who fetches from the CDN is drawn anew for each segment, so liars are among those too. */
function corrupt({ mesh }: World, people: readonly Person[], random: Random): void {
  const givers = people.filter(({ uploads }) => uploads);
  const first = givers[random.below(givers.length)];
  for (const person of givers) if (person === first || random.unit() < LIAR_SHARE) mesh?.network.corrupt(person);
}
