import { type Clock, createLog } from "@shoal/sealer";
import { describe, expect, it } from "vitest";
import { HOPELESS_EXIT, supervise } from "./supervisor.ts";

/** Time and processes that only the test moves. */
function setUp() {
  let now = 0;
  const timers: { atMs: number; call: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    after: (delayMs, call) => {
      const timer = { atMs: now + delayMs, call };
      timers.push(timer);
      return () => {
        const at = timers.indexOf(timer);
        if (at >= 0) timers.splice(at, 1);
      };
    },
  };
  const advance = (ms: number) => {
    now += ms;
    for (const timer of timers.splice(0)) timer.atMs <= now ? timer.call() : timers.push(timer);
  };
  const starts: string[] = [];
  const signals: string[] = [];
  const end = new Map<string, (code: number | null) => void>();
  const role = (name: string) => ({
    name,
    start: (ended: (code: number | null) => void) => {
      starts.push(name);
      end.set(name, ended);
      return { kill: (signal: string) => void signals.push(`${name} ${signal}`) };
    },
  });
  let hopeless = 0;
  const supervisor = supervise([role("sealer"), role("tracker")], clock, createLog("t", "silent"), () => hopeless++);
  return {
    supervisor,
    advance,
    starts,
    signals,
    die: (name: string, code: number | null) => end.get(name)?.(code),
    hopeless: () => hopeless,
  };
}

describe("the command", () => {
  it("starts a tracker again that crashed, and leaves the sealer alone", () => {
    const { advance, starts, die } = setUp();
    die("tracker", 1);
    advance(400);
    expect(starts).toEqual(["sealer", "tracker", "tracker"]);
  });

  it("waits longer from crash to crash, and is quick again after a good run", () => {
    const { advance, starts, die } = setUp();
    for (let n = 0; n < 6; n++) {
      die("sealer", null);
      advance(5_000);
    }
    expect(starts).toHaveLength(8);
    die("sealer", null);
    advance(4_000);
    expect(starts).toHaveLength(8);
    advance(1_000);
    advance(10_000);
    die("sealer", null);
    advance(200);
    expect(starts).toHaveLength(10);
  });

  it("gives up where a role says that it cannot work", () => {
    const { advance, starts, die, hopeless } = setUp();
    die("sealer", HOPELESS_EXIT);
    advance(10_000);
    expect(hopeless()).toBe(1);
    expect(starts).toEqual(["sealer", "tracker"]);
  });

  it("ends both in good order, and ends by force what does not", async () => {
    const { supervisor, advance, signals, die } = setUp();
    const stopped = supervisor.stop();
    expect(signals).toEqual(["sealer SIGTERM", "tracker SIGTERM"]);
    die("sealer", 0);
    advance(10_000);
    expect(signals).toContain("tracker SIGKILL");
    die("tracker", null);
    await stopped;
  });
});
