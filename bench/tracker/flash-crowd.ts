import { Crowds, PROFILES, readTrackerUse, startOwnTracker } from "@shoal/load";

export interface FlashMeasures {
  /** Attempts to join for each that was taken in. */
  readonly offered: number;
  readonly joinsPerSecond: number;
  /** The slowest whole second after the first three, as a share of the mean. */
  readonly slowestSecond: number;
  readonly joinP99Ms: number;
  readonly refused: number;
  readonly lost: number;
  readonly residentMb: number;
  readonly died: boolean;
}

const SECONDS = 20;

/** Everybody at once, and those who are refused come again within five seconds rather than thirty: several times what can be taken. */
export async function flashCrowd(viewers: number): Promise<FlashMeasures> {
  const tracker = await startOwnTracker({ SHOAL_MAX_SOCKETS_PER_ADDRESS: "1000000", SHOAL_LOG_LEVEL: "error" });
  let died = false;
  void tracker.ended.then(() => {
    died = true;
  });
  const crowds = new Crowds(
    {
      ...{ url: tracker.url, viewers, rampMs: 4_000, contentId: "bench/final", sdp: "compact", assigns: false },
      ...{ reconnectMs: 5_000, token: null, isps: 8, ispBy: "address", profile: { ...PROFILES.event, pairs: 5 } },
    },
    1,
  );
  try {
    const joins: number[] = [];
    for (let second = 0; second < SECONDS; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      joins.push(crowds.stats.counts.joins);
      if (crowds.stats.joined >= viewers) break;
    }
    const stats = await crowds.latest();
    const use = await readTrackerUse(`${tracker.url}/metrics`);
    const steps = joins.map((count, at) => count - (joins[at - 1] ?? 0));
    // The first seconds find the rate, and in the last ones nobody is left.
    const busy = steps.slice(3, -2);
    const mean = busy.reduce((sum, step) => sum + step, 0) / Math.max(1, busy.length);
    const refused = Object.values(stats.refusals).reduce((sum, count) => sum + count, 0);
    return {
      offered: (stats.counts.joins + refused) / Math.max(1, stats.counts.joins),
      joinsPerSecond: mean,
      slowestSecond: busy.length > 0 ? Math.min(...busy) / mean : Number.NaN,
      joinP99Ms: stats.join.quantile(0.99) ?? Number.NaN,
      refused,
      lost: stats.counts.lost,
      residentMb: (use?.residentBytes ?? Number.NaN) / 1e6,
      died,
    };
  } finally {
    await crowds.stop();
    await tracker.stop();
  }
}
