import type { Clock, Log } from "@shoal/sealer";

/** A process that is running. */
export interface Child {
  /** Asks it to end in good order, or ends it. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** A process to keep running. */
export interface Role {
  readonly name: string;
  /** Starts it; `ended` is called once, with its exit code (`null`: killed by a signal). */
  readonly start: (ended: (code: number | null) => void) => Child;
}

/** Keeps processes running. */
export interface Supervisor {
  /** Asks all to end; resolves when they have. May be called twice. */
  stop(): Promise<void>;
}

/** Exit code of a process that would fail in the same way again: a wrong setting, a port that is taken. */
export const HOPELESS_EXIT = 78;
const FIRST_RESTART_MS = 200;
const MAX_RESTART_MS = 5_000;
/** A process that ran so long was well: the next restart is quick again, milliseconds. */
const WELL_AFTER_MS = 10_000;
const KILL_AFTER_MS = 10_000;

/**
 * Starts every role and starts again whichever dies, so that a crash of the tracker does not end sealing, nor one of the
 * sealer introductions.
 *
 * @param hopeless called once where a role says that starting it again is of no use
 */
export function supervise(roles: readonly Role[], clock: Clock, log: Log, hopeless: () => void): Supervisor {
  const running = new Map<string, Child>();
  const cancels = new Set<() => void>();
  let stopping: Promise<void> | null = null;
  let allEnded: () => void = () => {};

  const run = (role: Role, failures: number) => {
    const startedMs = clock.now();
    const ended = (code: number | null) => {
      running.delete(role.name);
      if (stopping) {
        if (running.size === 0) allEnded();
        return;
      }
      if (code === HOPELESS_EXIT) return hopeless();
      const next = clock.now() - startedMs >= WELL_AFTER_MS ? 0 : failures + 1;
      const delayMs = Math.min(MAX_RESTART_MS, FIRST_RESTART_MS * 2 ** Math.max(0, next - 1));
      log.error("died", { role: role.name, code, restartInMs: delayMs });
      const cancel = clock.after(delayMs, () => {
        cancels.delete(cancel);
        run(role, next);
      });
      cancels.add(cancel);
    };
    running.set(role.name, role.start(ended));
  };

  for (const role of roles) run(role, 0);

  const stop = () =>
    new Promise<void>((resolve) => {
      for (const cancel of cancels) cancel();
      if (running.size === 0) return resolve();
      const cancelKill = clock.after(KILL_AFTER_MS, () => {
        for (const child of running.values()) child.kill("SIGKILL");
      });
      allEnded = () => {
        cancelKill();
        resolve();
      };
      for (const child of running.values()) child.kill("SIGTERM");
    });
  return {
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
