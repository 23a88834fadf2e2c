import type { Clock } from "./clock.ts";
import type { LoadTask } from "./player.ts";

const LOOK_MS = 100;

/**
 * Holds a load back until it is due.
 *
 * @param isDue asked now and then
 * @param open carries the load out
 */
export function holdLoad(clock: Clock, isDue: () => boolean, open: () => LoadTask): LoadTask {
  let task: LoadTask | null = null;
  let cancel = (): void => {};
  const look = (): void => {
    cancel = clock.after(LOOK_MS, () => {
      if (isDue()) task = open();
      else look();
    });
  };
  look();
  return {
    abort: () => {
      cancel();
      task?.abort();
    },
  };
}
