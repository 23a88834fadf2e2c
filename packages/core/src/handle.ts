import type { SharingMode } from "@shoal/protocol";
import type { Session, ShoalEvents } from "./session.ts";
import type { ShoalStats } from "./stats.ts";

/** What a page gets of Shoal beside its player. */
export interface ShoalHandle {
  /** Adds a listener; the returned function removes it. */
  on<Name extends keyof ShoalEvents>(name: Name, listener: (...args: ShoalEvents[Name]) => void): () => void;
  /** Counters since the player was made, and the state of now. */
  stats(): ShoalStats;
  /** Plays from the CDN alone until `resume`. */
  pause(): void;
  resume(): void;
  /** `full`: takes and gives. `download`: takes only. `off`: CDN only. May be changed at any time. */
  sharing: SharingMode;
}

/** The handle of a session, for a plug-in to give out. */
export function handleOf(session: Session): ShoalHandle {
  return {
    on: (name, listener) => session.on(name, listener),
    stats: () => session.stats(),
    pause: () => session.pause(),
    resume: () => session.resume(),
    get sharing() {
      return session.sharing;
    },
    set sharing(mode) {
      session.setSharing(mode);
    },
  };
}
