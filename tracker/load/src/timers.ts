/** Timers that end together. */
export class Timers {
  readonly #open = new Set<ReturnType<typeof setTimeout>>();

  /** @returns takes it back */
  after(delayMs: number, act: () => void): () => void {
    const timer = setTimeout(() => {
      this.#open.delete(timer);
      act();
    }, delayMs);
    this.#open.add(timer);
    return () => {
      clearTimeout(timer);
      this.#open.delete(timer);
    };
  }

  clear(): void {
    for (const timer of this.#open) clearTimeout(timer);
    this.#open.clear();
  }
}
