import { Crowds, PROFILES, type Profile, startOwnTracker } from "@shoal/load";

/** An hour of an audience in a minute: everything that takes minutes takes seconds. */
const TIMES = 60;
const MINUTE_MS = 60_000;
/** The pings of an hour, which are not sped up: 60 of one byte each way, with the heads of their frames. */
const PING_BYTES_PER_HOUR = 60 * (1 + 2 + 1 + 6);

export interface AudienceMeasures {
  readonly bytesPerViewerHour: number;
  readonly sealBytesPerViewerHour: number;
  readonly sameIspShare: number;
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
    // The first joins are part of an hour as well: viewers stay 40 minutes on average.
    await new Promise((resolve) => setTimeout(resolve, 10_000 + MINUTE_MS));
    const { counts } = await crowds.latest();
    const hours = (counts.joinedMs / 3_600_000) * TIMES;
    return {
      bytesPerViewerHour: (counts.upBytes + counts.downBytes - counts.sealBytes) / hours + PING_BYTES_PER_HOUR,
      sealBytesPerViewerHour: counts.sealBytes / hours,
      sameIspShare: counts.sameIspCandidates / counts.candidates,
      joins: counts.joins,
      pairs: counts.pairs,
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
