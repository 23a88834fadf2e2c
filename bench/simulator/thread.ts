import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { SimulationOptions } from "./options.ts";
import type { Batch, ShardPlace } from "./post.ts";
import type { ShardRecord } from "./shard.ts";
import { type Exchange, playShard } from "./simulation.ts";

/** What a thread is given. */
export interface Task {
  readonly options: SimulationOptions;
  readonly sharing: boolean;
  readonly place: ShardPlace;
  /** To the thread of each other shard; null at its own place. */
  readonly ports: readonly (MessagePort | null)[];
}

/** What a thread says. */
export type Word = { readonly nowMs: number } | { readonly record: ShardRecord };

/** After each step every thread waits for the others' word: nobody is more than one ahead. */
function exchangeOver(ports: readonly (MessagePort | null)[]): Exchange {
  const inboxes = ports.map((port) => port && inboxOf(port));
  return async (batches) => {
    ports.forEach((port, shard) => {
      const batch = batches[shard];
      if (batch) port?.postMessage(batch, [batch.frames.buffer]);
    });
    const received: Batch[] = [];
    for (const inbox of inboxes) if (inbox) received.push(await inbox());
    return received;
  };
}

/** The batches of another shard, one after the other. */
function inboxOf(port: MessagePort): () => Promise<Batch> {
  const batches: Batch[] = [];
  let wake: (batch: Batch) => void = (batch) => batches.push(batch);
  const keep = wake;
  port.on("message", (batch: Batch) => wake(batch));
  return () => {
    const next = batches.shift();
    if (next) return Promise.resolve(next);
    return new Promise((resolve) => {
      wake = (batch) => {
        wake = keep;
        resolve(batch);
      };
    });
  };
}

async function play({ options, sharing, place, ports }: Task): Promise<void> {
  const say = (word: Word): void => parentPort?.postMessage(word);
  const record = await playShard(options, sharing, place, exchangeOver(ports), (nowMs) => say({ nowMs }));
  say({ record });
  for (const port of ports) port?.close();
}

await play(workerData as Task);
