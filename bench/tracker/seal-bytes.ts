import { Crowds, PROFILES, startOwnTracker } from "@shoal/load";
import { serveStream } from "./served-stream.ts";

const RAMP_MS = 10_000;
const SETTLED_MS = 30_000;
/** Fifteen segments of the bundled stream. */
const MEASURED_MS = 60_000;

/**
 * Bytes of seals that a viewer is sent in an hour: of the bundled stream, three pictures and sound in 4 s segments, as a real
 * sealer reads it; 8 ISPs, viewers as on an ordinary evening. Nothing is sped up: with other times, who comes and goes
 * would be given most of the seals.
 */
export async function sealBytesPerViewerHour(viewers: number): Promise<number> {
  const served = await serveStream();
  const tracker = await startOwnTracker({
    ...served.environment,
    SHOAL_MAX_SOCKETS_PER_ADDRESS: "1000000",
    SHOAL_JOINS_PER_SECOND: "0",
    SHOAL_LOG_LEVEL: "error",
  });
  const { contentId, stream } = served;
  const crowds = new Crowds(
    {
      ...{ url: tracker.url, viewers, rampMs: RAMP_MS, contentId, stream, sdp: "compact", assigns: false },
      ...{ reconnectMs: 30_000, token: null, isps: 8, ispBy: "address", profile: PROFILES.steady },
    },
    1,
  );
  try {
    await new Promise((resolve) => setTimeout(resolve, RAMP_MS + SETTLED_MS));
    const { counts: before } = structuredClone((await crowds.latest()).report());
    await new Promise((resolve) => setTimeout(resolve, MEASURED_MS));
    const { counts: after } = await crowds.latest();
    return (after.sealBytes - before.sealBytes) / ((after.joinedMs - before.joinedMs) / 3_600_000);
  } finally {
    await crowds.stop();
    await tracker.stop();
    await served.close();
  }
}
