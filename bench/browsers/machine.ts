import { cpus } from "node:os";

/** Time of all cores since the machine began, ms. */
export interface CoreTime {
  readonly idleMs: number;
  readonly allMs: number;
}

export function coreTime(): CoreTime {
  const times = cpus().map(({ times }) => times);
  const idleMs = times.reduce((sum, { idle }) => sum + idle, 0);
  const allMs = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { idleMs, allMs };
}

/** Which share of all cores was idle between two moments. */
export function idleShare(from: CoreTime, to: CoreTime): number {
  const allMs = to.allMs - from.allMs;
  return allMs > 0 ? (to.idleMs - from.idleMs) / allMs : 1;
}
