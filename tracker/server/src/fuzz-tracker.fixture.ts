import { fork } from "node:child_process";
import { once } from "node:events";
import type { TrackerOptions } from "./config.ts";

/** A tracker in a process of its own: what crashes or leaks there is seen from here. */
export interface TrackerProcess {
  readonly url: string;
  /** True until it ended. */
  readonly alive: boolean;
  /** Bytes in use after a collection. */
  heapBytes(): Promise<number>;
  close(): Promise<void>;
}

export async function forkTracker(options: Partial<TrackerOptions>): Promise<TrackerProcess> {
  const child = fork(import.meta.filename, ["tracker", JSON.stringify(options)], {
    execArgv: ["--expose-gc", "--conditions=@shoal/source"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let alive = true;
  child.once("exit", () => {
    alive = false;
  });
  const [first] = (await once(child, "message")) as [{ readonly url: string }];
  return {
    url: first.url,
    get alive() {
      return alive;
    },
    async heapBytes() {
      child.send("heap");
      const [answer] = (await once(child, "message")) as [{ readonly heapBytes: number }];
      return answer.heapBytes;
    },
    async close() {
      if (!alive) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

if (process.argv[2] === "tracker" && process.send) {
  const { startTracker } = await import("./tracker.ts");
  const tracker = await startTracker(JSON.parse(process.argv[3] ?? "{}"), { writeLog: () => {} });
  process.on("message", () => {
    globalThis.gc?.();
    process.send?.({ heapBytes: process.memoryUsage().heapUsed });
  });
  process.on("SIGTERM", () => void tracker.close().then(() => process.exit(0)));
  process.send({ url: tracker.url });
}
