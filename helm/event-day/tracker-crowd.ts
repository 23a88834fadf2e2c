import { expect } from "vitest";
import { Crowd } from "../../tracker/load/src/crowd.ts";
import { type OwnTracker, startOwnTracker } from "../../tracker/load/src/own-tracker.ts";
import { PROFILES } from "../../tracker/load/src/profile.ts";
import type { Audience } from "./event-day.ts";

/** Viewers who come and go together. */
const GROUP = 7;

/** An audience of real viewers at real trackers, each of which stands for a pod. */
export interface TrackerCrowd extends Audience {
  readonly trackers: readonly OwnTracker[];
  /** From now on the first tracker is the first of these pods, and so on. A pod without a tracker holds nobody. */
  standFor(pods: readonly string[]): void;
  stop(): Promise<void>;
}

/** Starts trackers, each a process of its own. */
export async function startTrackerCrowd(count: number): Promise<TrackerCrowd> {
  const trackers: OwnTracker[] = [];
  const crowds: Crowd[] = [];
  const byPod = new Map<string, OwnTracker>();
  const stop = async (): Promise<void> => {
    for (const crowd of crowds.splice(0)) crowd.stop();
    await Promise.all(trackers.map((tracker) => tracker.stop()));
  };
  const joined = (): number => crowds.reduce((sum, { stats }) => sum + stats.joined, 0);
  try {
    for (let at = 0; at < count; at++)
      trackers.push(await startOwnTracker({ SHOAL_LOG_LEVEL: "error", SHOAL_MAX_SOCKETS_PER_ADDRESS: "10000" }));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    trackers,
    get viewers() {
      return joined();
    },
    become: async (viewers) => {
      const groups = Math.round(viewers / GROUP);
      // Whoever came last goes first.
      for (const crowd of crowds.splice(groups)) crowd.stop();
      while (crowds.length < groups) {
        const { url } = trackers[crowds.length % trackers.length] ?? { url: "" };
        const crowd = new Crowd({
          ...{ url, viewers: GROUP, rampMs: 500, contentId: "live/final", sdp: "compact", assigns: false },
          ...{ reconnectMs: 500, token: null, isps: 0, ispBy: "query", profile: { ...PROFILES.event, stayMs: 1e9 } },
        });
        crowds.push(crowd);
        crowd.start();
      }
      await expect.poll(joined, { timeout: 50_000, interval: 100 }).toBe(groups * GROUP);
    },
    standFor: (pods) => {
      for (const [at, tracker] of trackers.entries()) byPod.set(pods[at] ?? "", tracker);
    },
    metricsOf: async (pod) => {
      const tracker = byPod.get(pod);
      if (!tracker) return "shoal_tracker_connections 0\n";
      return (await fetch(`${tracker.url}/metrics`)).text();
    },
    stop,
  };
}
