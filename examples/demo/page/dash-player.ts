import { withShoal } from "@shoal/dash";
import { MediaPlayer } from "dashjs";
import type { DemoPlayer, PlayerSettings } from "./player.ts";

/** Starts dash.js as it comes. */
export function startDash({ video, content, tracker, failed }: PlayerSettings): DemoPlayer {
  let plainBytes = 0;
  const player = MediaPlayer().create();
  const shoal = tracker === null ? null : withShoal(player, { tracker });
  player.updateSettings({ debug: { logLevel: 0 } });
  player.on("fragmentLoadingCompleted", ({ request }) => {
    failed(null);
    if (!shoal && request.type === "MediaSegment") plainBytes += request.bytesLoaded;
  });
  player.on("error", ({ error }) => failed(typeof error === "string" ? error : error.message));
  player.initialize(video, `${content}.mpd`, true);
  return {
    shoal,
    latencyS: () => player.getCurrentLiveLatency(),
    plainBytes: () => plainBytes,
    destroy: () => player.destroy(),
  };
}
