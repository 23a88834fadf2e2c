import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { SimulationOptions } from "./options.ts";
import type { ShardRecord } from "./shard.ts";
import { type FinishedRun, finished } from "./simulation.ts";
import type { Task, Word } from "./thread.ts";

/**
 * Plays a run in several threads, a shard in each. The same options and the same number of threads give the same run, and
 * the same as so many shards in one thread.
 * @param tick called about every second of virtual time
 * @throws Error where a thread fails
 */
export async function simulateInThreads(
  options: SimulationOptions,
  sharing: boolean,
  tick: (nowMs: number) => void,
  threads: number,
): Promise<FinishedRun> {
  const ports = connected(threads);
  const workers: Worker[] = [];
  try {
    const records = ports.map((own, shard) => {
      const task: Task = { options, sharing, place: { shard, shards: threads }, ports: own };
      const worker = new Worker(new URL("./thread.ts", import.meta.url), {
        workerData: task,
        transferList: own.filter((port) => port !== null),
        execArgv: ["--conditions=@shoal/source"],
      });
      workers.push(worker);
      return recordOf(worker, shard === 0 ? tick : () => {});
    });
    return finished(options, await Promise.all(records));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function recordOf(worker: Worker, tick: (nowMs: number) => void): Promise<ShardRecord> {
  return new Promise((resolve, reject) => {
    worker.on("message", (word: Word) => {
      if ("record" in word) resolve(word.record);
      else tick(word.nowMs);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`A thread of the simulation ended with code ${code}.`)));
  });
}

/** A port from each to each other. */
function connected(threads: number): (MessagePort | null)[][] {
  const ports = Array.from({ length: threads }, () => new Array<MessagePort | null>(threads).fill(null));
  for (let a = 0; a < threads; a++) {
    for (let b = a + 1; b < threads; b++) {
      const { port1, port2 } = new MessageChannel();
      (ports[a] ?? [])[b] = port1;
      (ports[b] ?? [])[a] = port2;
    }
  }
  return ports;
}
