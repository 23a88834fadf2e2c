import type { DemoPlayer, PlayerSettings } from "./player.ts";
import { StallWatch } from "./stall-watch.ts";
import type { ViewerReport } from "./viewer-report.ts";

declare global {
  interface Window {
    /** Says how this viewer fares. */
    viewerReport?: () => ViewerReport;
  }
}

const query = new URLSearchParams(location.search);
const name = query.get("name") ?? "Viewer";
const isp = query.get("isp") ?? "";
const tracker = query.get("tracker");
const live = query.get("stream") !== "vod";
document.title = name;

const video = document.querySelector("video") ?? document.body.appendChild(document.createElement("video"));
const stallWatch = new StallWatch(video);
let startUpMs: number | null = null;
let failure: string | null = null;

let beganMs = 0;
// Each kind of player is a file of its own: nobody loads the other.
const player: DemoPlayer = await start();

async function start(): Promise<DemoPlayer> {
  const settings: PlayerSettings = {
    video,
    content: new URL(live ? "/live/master" : "/vod/master", location.href).href,
    tracker: tracker === null ? null : `${tracker}?isp=${encodeURIComponent(isp)}`,
    failed: (what) => {
      failure = what;
    },
  };
  const open =
    query.get("player") === "dash"
      ? (await import("./dash-player.ts")).startDash
      : (await import("./hls-player.ts")).startHls;
  beganMs = performance.now();
  return open(settings);
}

video.addEventListener("playing", () => {
  startUpMs ??= performance.now() - beganMs;
  failure = null;
});

function bufferS(): number {
  const { buffered, currentTime } = video;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + 0.2 && buffered.end(i) > currentTime) return buffered.end(i) - currentTime;
  }
  return 0;
}

window.viewerReport = () => {
  const stats = player.shoal?.stats();
  return {
    name,
    isp,
    startUpMs,
    playheadS: video.currentTime,
    latencyS: live && startUpMs !== null ? player.latencyS() : null,
    bufferS: bufferS(),
    height: video.videoHeight || null,
    ...stallWatch.counts,
    failure,
    cdnBytes: stats?.cdnBytes ?? player.plainBytes(),
    peerBytes: stats?.peerBytes ?? 0,
    sentBytes: stats?.uploadedBytes ?? 0,
    peerId: stats?.peerId ?? null,
    offReason: stats?.offReason ?? null,
    neighbours: (stats?.neighbours ?? []).map(({ peerId, receivedBytes, sentBytes, sameIsp }) => ({
      peerId,
      receivedBytes,
      sentBytes,
      sameIsp,
    })),
  };
};
window.addEventListener("pagehide", () => player.destroy());
