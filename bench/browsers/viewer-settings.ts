import type { ViewerSettings } from "./page/viewer-record.ts";
import { type PlayerSetUp, pageOf } from "./players.ts";
import type { Scenario } from "./scenarios.ts";

/** Levels of the bundled ladder. */
const LEVELS = 3;

export const nameOf = (viewer: number): string => `viewer-${viewer}`;

/** Whether the scenario's trouble hits the nth viewer: those that are hit are spread evenly over the joins. */
export function isHit(viewer: number, { trouble }: Pick<Scenario, "trouble">): boolean {
  if (trouble === null) return false;
  return Math.floor((viewer + 1) * trouble.share) > Math.floor(viewer * trouble.share);
}

/** How the nth viewer plays. */
export function settingsOf(
  viewer: number,
  run: {
    readonly scenario: Scenario;
    readonly setUp: PlayerSetUp;
    readonly trackerUrl: string | null;
    readonly recover: boolean;
  },
): ViewerSettings {
  const { scenario, setUp, trackerUrl, recover } = run;
  const isp = `?isp=isp-${viewer % scenario.isps}`;
  return {
    manifest: `/${scenario.live ? "live" : "vod"}/master.${pageOf(setUp, viewer).endsWith("dash") ? "mpd" : "m3u8"}`,
    hls: { ...scenario.hls, ...setUp.hls },
    worker: setUp.worker,
    level: scenario.mixedLevels ? viewer % LEVELS : null,
    tracker: trackerUrl === null ? null : setUp.tracker === "shoal" ? trackerUrl + isp : trackerUrl,
    engine: setUp.engine,
    recover,
  };
}
