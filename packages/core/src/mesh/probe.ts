import type { Clock } from "../clock.ts";

/** What came of trying data channels. `crashed`: a page that tried was gone before it knew. */
export type ProbeVerdict = "works" | "fails" | "crashed";

/** What the probe is given of the world. */
export interface ProbeRim {
  readonly clock: Clock;
  /** Kept from one page to the next. Either may throw, and then nothing is remembered. */
  readonly read: () => string | null;
  readonly write: (text: string) => void;
  /** The browser as it names itself: an update is worth another try. */
  readonly agent: string;
  /** Opens a data channel from this page to itself. */
  readonly tryChannel: () => Promise<void>;
  /** Calls back when the page is left; the returned function forgets it. */
  readonly onLeave: (callback: () => void) => () => void;
}

/** A channel that is not open by then never will be. */
export const PROBE_MS = 8_000;
const DAY_MS = 86_400_000;
/** How long a verdict holds; one that is not here does not hold at all. */
const HOLDS_MS: Readonly<Record<string, number>> = { works: 30 * DAY_MS, fails: 7 * DAY_MS, crashed: 90 * DAY_MS };
const TRYING = "trying";

/**
 * Whether this device can do what sharing needs. It is tried once and remembered; a mark is left while it is tried, so that
 * a page that froze or crashed over it never tries again.
 */
export async function probe(rim: ProbeRim): Promise<ProbeVerdict> {
  const { clock, read, write, agent, tryChannel, onLeave } = rim;
  const nowMs = clock.wallMs();
  const note = <T extends string>(verdict: T): T => {
    try {
      write(JSON.stringify([verdict, nowMs, agent]));
    } catch {
      // A page without storage tries each time.
    }
    return verdict;
  };
  try {
    const [verdict, atMs, by] = JSON.parse(read() ?? "[]") as [string?, number?, string?];
    const ageMs = nowMs - (atMs ?? 0);
    if (verdict && by === agent && ageMs >= 0) {
      if (verdict === TRYING) {
        if (ageMs >= PROBE_MS) return note("crashed");
        // Another tab may be trying right now: when its time is over it has said what came of it, or it is gone.
        await new Promise<void>((resolve) => clock.after(PROBE_MS - ageMs, resolve));
        return probe(rim);
      }
      if (ageMs < (HOLDS_MS[verdict] ?? 0)) return verdict as ProbeVerdict;
    }
  } catch {
    // Nothing was kept that makes sense.
  }
  note(TRYING);
  const forget = onLeave(() => note(""));
  const verdict = await new Promise<ProbeVerdict>((resolve) => {
    const cancel = clock.after(PROBE_MS, () => resolve("fails"));
    const end = (outcome: ProbeVerdict) => () => {
      cancel();
      resolve(outcome);
    };
    tryChannel().then(end("works"), end("fails"));
  });
  forget();
  return note(verdict);
}
