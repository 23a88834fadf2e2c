/** Timers that end together. */
export class Timers {
  readonly #open = new Set<ReturnType<typeof setTimeout>>();

  after(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#open.delete(timer);
      act();
    }, delayMs);
    this.#open.add(timer);
  }

  clear(): void {
    for (const timer of this.#open) clearTimeout(timer);
    this.#open.clear();
  }
}
