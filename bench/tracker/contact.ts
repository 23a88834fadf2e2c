/** What a tracker is asked by one client after another; the client side of a measurement. */
export interface Contact {
  /** Connects, joins, is introduced to five others, and exchanges offer and answer with each. */
  first(): Promise<void>;
  /** What a client says now and then while it stays. Resolves when the server has dealt with it. */
  steady(): Promise<void>;
  close(): void;
}

/** Pairs that each contact makes, as bittorrent-tracker's own client does at most. */
export const PAIRS = 5;

/** Lets `count` contacts happen, so many at a time. */
export async function inTurns<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
  let at = 0;
  const work = async (): Promise<void> => {
    for (let item = items[at++]; item !== undefined; item = items[at++]) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
}
