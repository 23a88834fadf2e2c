import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Introduces viewers to each other, in a process of its own. */
export interface Service {
  readonly url: string;
  /** Settles when the process is gone. */
  stop(): Promise<void>;
}

/** What a tracker must know. */
export interface ServiceOptions {
  readonly originUrl: string;
  /** Address to listen on. */
  readonly host: string;
  /** Told to viewers; null: none. */
  readonly stunUrl: string | null;
}

/** Starts Shoal's tracker and sealer, or a WebTorrent tracker. @throws Error with its last words if it does not start */
export async function startService(kind: "shoal" | "webtorrent", options: ServiceOptions): Promise<Service> {
  const child = fork(fileURLToPath(new URL("./service-program.ts", import.meta.url)), [kind, JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-2_000);
  });
  const gone = once(child, "exit");
  const began = await Promise.race([once(child, "message"), gone.then(() => null)]);
  if (began === null) throw new Error(`The ${kind} tracker ended while starting:\n${words}`);
  const [{ url }] = began as [{ readonly url: string }];
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await gone;
    },
  };
}
