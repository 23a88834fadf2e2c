import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { binary } from "./binaries.ts";

/** Programs that run beside each other, each with a log in their folder. */
export class Programs {
  readonly #folder: string;
  readonly #processes = new Map<string, ChildProcess>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param environment beside what this process has @throws Error where the program is nowhere */
  start(name: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): void {
    const log = openSync(this.#log(name), "a");
    const env = { ...process.env, ...environment };
    const child = spawn(binary(name), args, { stdio: ["ignore", log, log], cwd: this.#folder, env });
    this.#processes.set(name, child);
    closeSync(log);
  }

  isRunning(name: string): boolean {
    return this.#processes.get(name)?.exitCode === null;
  }

  /** The end of its log. */
  tail(name: string): string {
    return readFileSync(this.#log(name), "utf8").split("\n").slice(-15).join("\n");
  }

  async end(name: string): Promise<void> {
    const child = this.#processes.get(name);
    this.#processes.delete(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** Ends all of them, the last first. */
  async endAll(): Promise<void> {
    for (const name of [...this.#processes.keys()].reverse()) await this.end(name);
  }

  #log(name: string): string {
    return join(this.#folder, `${name}.log`);
  }
}

/** Ports of loopback that nobody has. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
