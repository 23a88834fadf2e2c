import { type ShoalHandle, withShoal } from "@shoal/hls";
import Hls, { type ErrorData } from "hls.js";
import workerUrl from "hls.js/dist/hls.worker.js?url";
import { StallWatch } from "./stall-watch.ts";
import type { ViewerReport } from "./viewer-report.ts";

declare global {
  interface Window {
    /** Says how this viewer fares. */
    viewerReport?: () => ViewerReport;
  }
}

/** A player that gave up is started again after this long. */
const RETRY_MS = 2_000;

// With a bundler hls.js must be told where its worker is; everything else stays as it comes.
Hls.DefaultConfig.workerPath = workerUrl;
const HlsWithShoal = withShoal(Hls);

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
let plainBytes = 0;

const beganMs = performance.now();
let shoal: ShoalHandle | null = null;
let hls: Hls;
if (tracker === null) {
  hls = new Hls();
  hls.on(Hls.Events.FRAG_LOADED, (_name, { frag }) => {
    if (frag.sn !== "initSegment") plainBytes += frag.stats.loaded;
  });
} else {
  const sharing = new HlsWithShoal({ shoal: { tracker: `${tracker}?isp=${encodeURIComponent(isp)}` } });
  shoal = sharing.shoal;
  hls = sharing;
}
hls.loadSource(new URL(live ? "/live/master.m3u8" : "/vod/master.m3u8", location.href).href);
hls.attachMedia(video);

video.addEventListener("playing", () => {
  startUpMs ??= performance.now() - beganMs;
  failure = null;
});
video.addEventListener("canplay", () => void video.play().catch(() => {}), { once: true });
hls.on(Hls.Events.FRAG_BUFFERED, () => {
  failure = null;
});
hls.on(Hls.Events.ERROR, (_name, data) => recover(data));

/** What every integration of hls.js does about fatal errors. */
function recover({ fatal, type, details }: ErrorData): void {
  if (!fatal) return;
  failure = details;
  if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
  else
    setTimeout(() => {
      if (hls.levels.length === 0 && hls.url) hls.loadSource(hls.url);
      else hls.startLoad();
    }, RETRY_MS);
}

function bufferS(): number {
  const { buffered, currentTime } = video;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + 0.2 && buffered.end(i) > currentTime) return buffered.end(i) - currentTime;
  }
  return 0;
}

window.viewerReport = () => {
  const stats = shoal?.stats();
  return {
    name,
    isp,
    startUpMs,
    playheadS: video.currentTime,
    latencyS: live && startUpMs !== null ? hls.latency : null,
    bufferS: bufferS(),
    height: video.videoHeight || null,
    ...stallWatch.counts,
    failure,
    cdnBytes: stats?.cdnBytes ?? plainBytes,
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
window.addEventListener("pagehide", () => hls.destroy());
