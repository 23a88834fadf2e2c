import type { Log } from "@shoal/sealer";
import { Redis } from "ioredis";
import type { Relay } from "./relay.ts";

/** Messages to one channel are gathered for so long, milliseconds. */
const GATHER_MS = 5;
/** More than this waiting for one channel is dropped: an introduction is not worth a pod's memory. */
const MOST_GATHERED = 10_000;
const MOST_RETRY_MS = 2_000;

const OPTIONS = {
  // What cannot be said now is not worth saying later.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResubscribe: true,
  connectTimeout: 5_000,
  retryStrategy: (attempt: number): number => Math.min(MOST_RETRY_MS, 100 * attempt) * (0.5 + Math.random()),
};

/** Pods over Redis' publish and subscribe: a channel for each pod and for each topic; nothing is stored. */
export class RedisRelay implements Relay {
  readonly pod: string;
  readonly #prefix: string;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #log: Log;
  readonly #gathered = new Map<string, object[]>();
  readonly #channels = new Set<string>();
  #handle: (from: string, message: unknown) => void = () => {};
  #flushing: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  /** Messages dropped because Redis was away or behind. */
  dropped = 0;

  /** @param url such as `redis://:secret@host:6379/0`, or `rediss:` */
  constructor(url: string, pod: string, prefix: string, log: Log) {
    this.pod = pod;
    this.#prefix = prefix;
    this.#log = log;
    this.#publisher = this.#open(url);
    this.#subscriber = this.#open(url);
    this.#subscriber.on("message", (channel: string, text: string) => this.#received(channel, text));
    // What was listened to before is listened to again by ioredis; what was asked for meanwhile, here.
    this.#subscriber.on("ready", () => this.#subscribe([...this.#channels]));
    this.#add(this.#channelOf(pod));
  }

  get isConnected(): boolean {
    return this.#publisher.status === "ready" && this.#subscriber.status === "ready";
  }

  send(pod: string, message: object): void {
    this.#gather(this.#channelOf(pod), message);
  }

  publish(topic: string, message: object): void {
    this.#gather(this.#topicOf(topic), message);
  }

  listen(topic: string): void {
    this.#add(this.#topicOf(topic));
  }

  unlisten(topic: string): void {
    const channel = this.#topicOf(topic);
    if (!this.#channels.delete(channel) || this.#subscriber.status !== "ready") return;
    this.#subscriber.unsubscribe(channel).catch(() => {});
  }

  onMessage(handle: (from: string, message: unknown) => void): void {
    this.#handle = handle;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#flushing);
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  #open(url: string): Redis {
    const redis = new Redis(url, OPTIONS);
    let isAway = false;
    redis.on("ready", () => {
      if (isAway) this.#log.info("redis-back");
      isAway = false;
    });
    redis.on("error", (error: Error) => {
      if (!isAway && !this.#closed) this.#log.warn("redis-away", { reason: error.message });
      isAway = true;
    });
    return redis;
  }

  #channelOf = (pod: string): string => `${this.#prefix}:pod:${pod}`;
  #topicOf = (topic: string): string => `${this.#prefix}:topic:${topic}`;

  #add(channel: string): void {
    if (this.#channels.has(channel)) return;
    this.#channels.add(channel);
    this.#subscribe([channel]);
  }

  #subscribe(channels: readonly string[]): void {
    if (channels.length === 0 || this.#subscriber.status !== "ready") return;
    // Redis went away in between: "ready" asks again.
    this.#subscriber.subscribe(...channels).catch(() => {});
  }

  #gather(channel: string, message: object): void {
    if (!this.isConnected || this.#closed) {
      this.dropped++;
      return;
    }
    const gathered = this.#gathered.get(channel);
    if (!gathered) this.#gathered.set(channel, [message]);
    else if (gathered.length < MOST_GATHERED) gathered.push(message);
    else this.dropped++;
    this.#flushing ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    this.#flushing = undefined;
    for (const [channel, messages] of this.#gathered) {
      const text = JSON.stringify({ from: this.pod, messages });
      this.#publisher.publish(channel, text).catch(() => {
        this.dropped += messages.length;
      });
    }
    this.#gathered.clear();
  }

  #received(channel: string, text: string): void {
    if (!this.#channels.has(channel)) return;
    let batch: { readonly from?: unknown; readonly messages?: unknown };
    try {
      batch = JSON.parse(text) as typeof batch;
    } catch {
      return;
    }
    const { from, messages } = batch ?? {};
    if (typeof from !== "string" || from === this.pod || !Array.isArray(messages)) return;
    for (const message of messages) this.#handle(from, message);
  }
}
