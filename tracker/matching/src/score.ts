import type { DeviceClass, SharingMode } from "@shoal/protocol";

/** What of a candidate counts for one newcomer. */
export interface Fit {
  readonly sameIsp: boolean;
  readonly sameTrack: boolean;
  readonly device: DeviceClass;
  readonly sharing: SharingMode;
  /** Connections it can still take. */
  readonly freeSlots: number;
}

const MAINS_POWERED: readonly DeviceClass[] = ["desktop", "tv", "set-top-box"];
/** More free slots make nobody a better neighbour: else newcomers would only meet newcomers. */
const ENOUGH_SLOTS = 3;

/**
 * How good a neighbour somebody would be; higher is better. ISP before track before device before free slots; who only
 * takes comes last.
 */
export function scoreOf(fit: Fit): number {
  return (
    (fit.sameIsp ? 8 : 0) +
    (fit.sameTrack ? 4 : 0) +
    (MAINS_POWERED.includes(fit.device) ? 2 : 0) +
    Math.min(fit.freeSlots, ENOUGH_SLOTS) / ENOUGH_SLOTS -
    (fit.sharing === "full" ? 0 : 16)
  );
}
