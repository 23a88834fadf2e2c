/** Time as the sealer sees it; a test gives one that it turns itself. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back after `delayMs`, unless the returned function is called before. */
  after(delayMs: number, call: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, call) => {
    // Listening keeps the process alive, waiting does not.
    const timer = setTimeout(call, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
