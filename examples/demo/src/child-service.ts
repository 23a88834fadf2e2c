import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A service in a process of its own. */
export interface ChildService {
  /** Where it listens. */
  readonly url: string;
  /** Ends it in good order; settles when the process is gone. May be called twice. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

const START_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 3_000;
const LAST_LINES = 12;

/**
 * Starts one of the programs beside this file; it sends `{ url }` when it listens.
 *
 * @param died called with its last words if it ends without having been asked to
 * @throws Error with its last words if it does not start
 */
export async function startChild(
  program: string,
  environment: Readonly<Record<string, string>>,
  died: (lastWords: string) => void,
): Promise<ChildService> {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      words = [...words, ...text.trimEnd().split("\n")].slice(-LAST_LINES);
    });
  }
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${program} did not start within ${START_WITHIN_MS / 1000} s:\n${words.join("\n")}`));
    }, START_WITHIN_MS);
    child.once("error", reject);
    child.once("exit", () => {
      clearTimeout(timer);
      reject(new Error(`${program} ended while starting:\n${words.join("\n")}`));
    });
    child.once("message", (message) => {
      clearTimeout(timer);
      resolve((message as { readonly url: string }).url);
    });
  });
  let expected = false;
  void gone.then(() => {
    if (!expected) died(words.join("\n"));
  });
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    expected = true;
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
    await gone;
    clearTimeout(timer);
  };
  return { url, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}

/** What a program does: starts a service, says where, and ends with a signal or with the process that started it. */
export async function serveAsChild(
  start: () => Promise<{ readonly url: string; close(): Promise<void> }>,
): Promise<void> {
  // Ctrl-C reaches the whole foreground; the parent decides who ends when.
  process.on("SIGINT", () => {});
  const starting = start();
  const stop = (): void => {
    starting.then((service) => service.close()).finally(() => process.exit());
  };
  process.once("SIGTERM", stop);
  process.once("disconnect", stop);
  const { url } = await starting;
  process.send?.({ url });
}
