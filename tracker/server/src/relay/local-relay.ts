import type { Relay } from "./relay.ts";

type Handle = (from: string, message: unknown) => void;

/** Pods of one process, for tests; a bus of its own is a pod that is alone. */
export class LocalBus {
  readonly #handles = new Map<string, Handle>();
  readonly #topics = new Map<string, Set<string>>();

  join(pod: string, handle: Handle): void {
    this.#handles.set(pod, handle);
  }

  leave(pod: string): void {
    this.#handles.delete(pod);
    for (const listeners of this.#topics.values()) listeners.delete(pod);
  }

  listeners(topic: string): Set<string> {
    let listeners = this.#topics.get(topic);
    if (!listeners) {
      listeners = new Set();
      this.#topics.set(topic, listeners);
    }
    return listeners;
  }

  /** Delivers after what runs now, as plain data: as a network would. */
  deliver(from: string, to: string, message: object): void {
    const text = JSON.stringify(message);
    queueMicrotask(() => this.#handles.get(to)?.(from, JSON.parse(text)));
  }
}

/** A relay within one process: what a pod without Redis has. */
export function localRelay(pod: string, bus: LocalBus = new LocalBus()): Relay {
  return {
    pod,
    isConnected: true,
    send: (to, message) => bus.deliver(pod, to, message),
    publish: (topic, message) => {
      for (const to of bus.listeners(topic)) if (to !== pod) bus.deliver(pod, to, message);
    },
    listen: (topic) => void bus.listeners(topic).add(pod),
    unlisten: (topic) => void bus.listeners(topic).delete(pod),
    onMessage: (handle) => bus.join(pod, handle),
    close: async () => bus.leave(pod),
  };
}
