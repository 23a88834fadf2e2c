import { type ChildProcess, fork } from "node:child_process";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { CrowdSettings } from "./crowd.ts";
import { type CrowdReport, CrowdStats } from "./crowd-stats.ts";

const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/** A crowd over several processes. */
export class Crowds {
  readonly #children: ChildProcess[] = [];
  readonly #reports = new Map<number, CrowdReport>();

  /** @param niceness of the processes, 0 to 19: where a tracker on the same machine is measured, the crowd must give way to it */
  constructor(settings: Omit<CrowdSettings, "random">, processes: number, niceness: number = 0) {
    const program = fileURLToPath(new URL("./crowd-program.ts", import.meta.url).href.replace(/\.ts$/, EXTENSION));
    for (let at = 0; at < processes; at++) {
      const child = fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const viewers =
        Math.floor((settings.viewers * (at + 1)) / processes) - Math.floor((settings.viewers * at) / processes);
      child.on("message", (report) => this.#reports.set(at, report as CrowdReport));
      if (child.pid !== undefined && niceness > 0) setPriority(child.pid, niceness);
      child.send({ ...settings, viewers });
      this.#children.push(child);
    }
  }

  /** What all of them lived through, as last told. */
  get stats(): CrowdStats {
    const stats = new CrowdStats();
    for (const report of this.#reports.values()) stats.merge(report);
    return stats;
  }

  /** Asks all processes once more. */
  async latest(): Promise<CrowdStats> {
    await Promise.all(
      this.#children.map(
        (child) =>
          new Promise<void>((resolve) => {
            const look = (report: unknown): void => {
              if ((report as { readonly isLast?: boolean }).isLast !== true) return;
              child.off("message", look);
              resolve();
            };
            child.on("message", look);
            child.once("exit", () => resolve());
            if (child.connected) child.send("report");
            else resolve();
          }),
      ),
    );
    return this.stats;
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(
        (child) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null || !child.connected) return resolve();
            child.once("exit", () => resolve());
            child.disconnect();
          }),
      ),
    );
  }
}
