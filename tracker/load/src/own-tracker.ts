import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A tracker in a process of its own, for the length of a run. */
export interface OwnTracker {
  readonly url: string;
  readonly pid: number;
  /** Resolves when it ended by itself. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

/** Starts a tracker on a free port of loopback. @param environment variables as the tracker's manual names them */
export async function startOwnTracker(environment: Readonly<Record<string, string>> = {}): Promise<OwnTracker> {
  const program = fileURLToPath(new URL("./tracker-program.ts", import.meta.url).href.replace(/\.ts$/, EXTENSION));
  const child = spawn(process.execPath, [...process.execArgv, program], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, SHOAL_HOST: "127.0.0.1", SHOAL_PORT: "0", SHOAL_OPEN: "1", ...environment },
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.once("message", (message) => resolve(String(message)));
    child.once("error", reject);
    void ended.then((code) => reject(new Error(`The tracker ended with ${code} before it listened.`)));
  });
  return { url, pid: child.pid ?? 0, ended, stop: () => stop(child, ended) };
}

const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.disconnect();
  await ended;
}
