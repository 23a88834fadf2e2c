/** What decides where a floor goes. */
export interface Situation {
  /** The floor as it stands. */
  readonly current: number;
  /** What events ask for. */
  readonly wanted: number;
  /** The most that the HPA or ScaledObject allows. */
  readonly most: number;
  /** Any event is under way: nothing is lowered. */
  readonly isEvent: boolean;
  /** Pods that the open sockets need; `null` where they could not be counted: nothing is lowered. */
  readonly socketPods: number | null;
  /** When the floor was lowered last, milliseconds since 1970; 0: never. */
  readonly lastStepMs: number;
  readonly nowMs: number;
  readonly stepDownPercent: number;
  readonly stepDownMs: number;
}

/** Where the floor goes, and why. */
export interface Step {
  readonly floor: number;
  readonly reason: "Keep" | "Raise" | "Lower" | "EventUnderWay" | "OpenSockets" | "SocketsUnknown" | "Waiting";
  /** The most is less than what is wanted. */
  readonly isCapped: boolean;
}

/**
 * The next floor. Up at once; down only where no event is under way, never below open sockets, a step at a time.
 * Everything it goes by is in the cluster, so that another leader goes on where this one ended.
 */
export function nextStep(situation: Situation): Step {
  const { current, most, isEvent, socketPods, lastStepMs, nowMs } = situation;
  const asked = Math.max(situation.wanted, socketPods ?? 0);
  const wanted = Math.min(asked, most);
  const isCapped = asked > most;
  const keep = (reason: Step["reason"]): Step => ({ floor: current, reason, isCapped });
  if (wanted > current) return { floor: wanted, reason: "Raise", isCapped };
  if (wanted === current) return keep("Keep");
  if (isEvent) return keep("EventUnderWay");
  if (socketPods === null) return keep("SocketsUnknown");
  // A step that lies ahead of now was made by a clock that was ahead: it counts as made now.
  const sinceMs = nowMs - Math.min(lastStepMs, nowMs);
  if (lastStepMs > 0 && sinceMs < situation.stepDownMs && lastStepMs <= nowMs + situation.stepDownMs) {
    return keep("Waiting");
  }
  const step = Math.max(1, Math.floor((current * situation.stepDownPercent) / 100));
  const floor = Math.max(wanted, current - step);
  return { floor, reason: floor === socketPods ? "OpenSockets" : "Lower", isCapped };
}
