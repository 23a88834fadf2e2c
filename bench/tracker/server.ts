import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TrackerName } from "./server-program.ts";

/** What a server's process has used since its start. */
export interface Use {
  readonly cpuMicros: number;
  readonly residentBytes: number;
}

const QUIET_MS = 150;
const MOST_WAITS = 20;
const QUIET_SHARE = 0.03;

/** A server under measurement, in a process of its own. */
export class MeasuredServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param options of our tracker; the other takes none */
  static async start(name: TrackerName, options: object = {}): Promise<MeasuredServer> {
    const child = fork(fileURLToPath(new URL("./server-program.ts", import.meta.url)), [name], {
      execArgv: [...process.execArgv, "--expose-gc"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { ...process.env, BENCH_TRACKER_OPTIONS: JSON.stringify(options) },
    });
    const { url } = (await next(child)) as { readonly url: string };
    return new MeasuredServer(child, url);
  }

  async use(): Promise<Use> {
    return this.#ask("use");
  }

  /** After garbage was collected. */
  async useCollected(): Promise<Use> {
    return this.#ask("collect");
  }

  /** Waits until the server has done all it was sent: until it uses no more CPU. */
  async settled(): Promise<Use> {
    for (let before = await this.use(), left = MOST_WAITS; ; left--) {
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
      const now = await this.use();
      if (now.cpuMicros - before.cpuMicros < QUIET_SHARE * QUIET_MS * 1_000 || left === 0) return now;
      before = now;
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.disconnect();
    await ended;
  }

  async #ask(what: string): Promise<Use> {
    const answer = next(this.#child);
    this.#child.send(what);
    return (await answer) as Use;
  }
}

function next(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`The server ended with ${code}.`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
}
