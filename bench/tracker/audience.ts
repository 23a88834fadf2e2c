import { Crowds, PROFILES, type Profile, startOwnTracker } from "@shoal/load";

/** An hour of an audience in a minute: everything that takes minutes takes seconds. */
const TIMES = 60;
const MINUTE_MS = 60_000;
const SETTLED_MS = 45_000;
/** The pings of an hour, which are not sped up: 60 of one byte each way, with the heads of their frames. */
const PING_BYTES_PER_HOUR = 60 * (1 + 2 + 1 + 6);

export interface AudienceMeasures {
  readonly bytesPerViewerHour: number;
  readonly sameIspShare: number;
  /** Of `bytesPerViewerHour`, by way and event, the most first. */
  readonly byEvent: readonly (readonly [event: string, bytesPerViewerHour: number])[];
  readonly hours: number;
  readonly joins: number;
  readonly pairs: number;
}

/** What an audience of a channel says and is told in an hour: joins, pairs, statuses, reports, further candidates. */
export async function audience(viewers: number): Promise<AudienceMeasures> {
  const tracker = await startOwnTracker({
    SHOAL_MAX_SOCKETS: "1000000",
    SHOAL_MAX_SOCKETS_PER_ADDRESS: "1000000",
    SHOAL_JOINS_PER_SECOND: "0",
    SHOAL_LOG_LEVEL: "error",
  });
  const crowds = new Crowds(
    {
      ...{ url: tracker.url, viewers, rampMs: 10_000, contentId: "bench/channel", sdp: "compact", assigns: false },
      ...{ reconnectMs: 30_000, token: null, isps: 8, ispBy: "address", profile: faster(PROFILES.steady) },
    },
    1,
  );
  try {
    // The hour begins when everybody has come and found neighbours; from then on one viewer comes for each that leaves.
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    const { counts: before, bytes: bytesBefore } = structuredClone((await crowds.latest()).report());
    await new Promise((resolve) => setTimeout(resolve, MINUTE_MS));
    const { counts: after, bytes } = await crowds.latest();
    const of = (name: keyof typeof after): number => after[name] - before[name];
    const hours = (of("joinedMs") / 3_600_000) * TIMES;
    return {
      bytesPerViewerHour: (of("upBytes") + of("downBytes")) / hours + PING_BYTES_PER_HOUR,
      sameIspShare: after.sameIspCandidates / after.candidates,
      byEvent: Object.entries(bytes)
        .map(([event, sum]) => [event, (sum - (bytesBefore[event] ?? 0)) / hours] as const)
        .sort((a, b) => b[1] - a[1]),
      hours,
      joins: of("joins"),
      pairs: of("pairs"),
    };
  } finally {
    await crowds.stop();
    await tracker.stop();
  }
}

function faster(profile: Profile): Profile {
  const { switchEveryMs, statusEveryMs, reportEveryMs, wantEveryMs, stayMs } = profile;
  return {
    ...profile,
    switchEveryMs: switchEveryMs / TIMES,
    statusEveryMs: statusEveryMs / TIMES,
    reportEveryMs: reportEveryMs / TIMES,
    wantEveryMs: wantEveryMs / TIMES,
    stayMs: stayMs / TIMES,
  };
}
