type Listener = (...args: readonly unknown[]) => void;

/**
 * The part of a Node Duplex stream that simple-peer stands on: events, and `push` of what arrived. Shoal sends through
 * `send`, so nothing is ever written or buffered here.
 */
export class Duplex {
  readonly #listeners = new Map<string, Listener[]>();

  on(name: string, listener: Listener): this {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return this;
  }

  emit(name: string, ...args: readonly unknown[]): boolean {
    const listeners = this.#listeners.get(name) ?? [];
    for (const listener of listeners) listener(...args);
    return listeners.length > 0;
  }

  push(chunk: unknown): void {
    this.emit("data", chunk);
  }
}
