import { Crowds, PROFILES, readTrackerUse, startOwnTracker } from "@shoal/load";
import type { SocketServer } from "@shoal/tracker";
import { type FlashSecond, FlashTrace } from "./flash-trace.ts";

export interface FlashMeasures {
  /** Attempts to join for each that was taken in. */
  readonly offered: number;
  readonly joinsPerSecond: number;
  readonly letInPerSecond: number;
  /** The slowest second of those in which three times as many came as were taken, as a share of their mean: joins. */
  readonly slowestSecond: number;
  /** The same of the connections let in. */
  readonly slowestLetIn: number;
  readonly joinP99Ms: number;
  readonly refused: number;
  readonly lost: number;
  readonly residentMb: number;
  readonly died: boolean;
  /** Second by second. */
  readonly trace: readonly FlashSecond[];
}

const SECONDS = 25;
const RAMP_MS = 4_000;
const PROBES = 300;
const CROWD_NICENESS = 10;
const FINDS_SECONDS = 2.5;
/** While fewer than this share have joined there is more than can be taken. */
const BUSY_SHARE = 0.8;

/** Everybody at once, and those who are refused come again within five seconds rather than thirty: several times what can be taken. */
export async function flashCrowd(viewers: number, socketServer: SocketServer): Promise<FlashMeasures> {
  const tracker = await startOwnTracker({
    SHOAL_SOCKET_SERVER: socketServer,
    SHOAL_MAX_SOCKETS: "1000000",
    SHOAL_MAX_SOCKETS_PER_ADDRESS: "1000000",
    SHOAL_LOG_LEVEL: "error",
  });
  let died = false;
  void tracker.ended.then(() => {
    died = true;
  });
  const crowd = {
    ...({ url: tracker.url, rampMs: RAMP_MS, contentId: "bench/final", sdp: "compact", assigns: false } as const),
    ...({ reconnectMs: 5_000, token: null, isps: 8, ispBy: "address", profile: PROFILES.event } as const),
  };
  // The tracker has a core, as in its pod: the crowd takes what is left.
  const crowds = new Crowds({ ...crowd, viewers }, 1, CROWD_NICENESS);
  // Some of them in a process that has time to look at the clock: the crowd's own has not.
  const probes = new Crowds({ ...crowd, viewers: PROBES }, 1);
  try {
    const trace = new FlashTrace(tracker.url);
    await trace.look();
    for (let second = 0; second < SECONDS; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await trace.look();
      if (crowds.stats.joined >= BUSY_SHARE * viewers) break;
    }
    const use = await readTrackerUse(`${tracker.url}/metrics`);
    const stats = await crowds.latest();
    const probed = await probes.latest();
    // In the first seconds the tracker finds its rate, in the last ones fewer come than it can take.
    const busy = trace.seconds.filter(
      ({ atSeconds, joins, refused }) => atSeconds > FINDS_SECONDS && refused >= 2 * joins,
    );
    const joins = busy.map((second) => second.joins);
    const letIn = busy.map((second) => second.letIn);
    const refused = Object.values(stats.refusals).reduce((sum, count) => sum + count, 0);
    return {
      offered: (stats.counts.joins + refused) / Math.max(1, stats.counts.joins),
      joinsPerSecond: meanOf(joins),
      letInPerSecond: meanOf(letIn),
      slowestSecond: Math.min(...joins) / meanOf(joins),
      slowestLetIn: Math.min(...letIn) / meanOf(letIn),
      joinP99Ms: probed.join.quantile(0.99) ?? Number.NaN,
      refused,
      lost: stats.counts.lost,
      residentMb: (use?.residentBytes ?? Number.NaN) / 1e6,
      died,
      trace: trace.seconds,
    };
  } finally {
    await Promise.all([crowds.stop(), probes.stop()]);
    await tracker.stop();
  }
}

/** Of none: NaN. */
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
