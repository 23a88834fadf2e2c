import type { PeerId } from "@shoal/protocol";
import type { PlayedSegment } from "../fixture/viewer-page.ts";
import { startDash } from "./dash-player.ts";
import { startHls } from "./hls-player.ts";
import type { PageEvents, PagePlayer } from "./page-player.ts";
import { startShaka } from "./shaka-player.ts";
import { bufferedS, StallMeter } from "./stall-meter.ts";

const video = document.querySelector("video") as HTMLVideoElement;
const errors: string[] = [];
const played: PlayedSegment[] = [];
const convicted: PeerId[] = [];
const meter = new StallMeter(video);
let player: PagePlayer | null = null;
let begunMs = 0;

window.addEventListener("error", (event) => errors.push(`error: ${event.message}`));
window.addEventListener("unhandledrejection", (event) => errors.push(`rejection: ${String(event.reason)}`));

const events: PageEvents = {
  error: (text) => errors.push(text),
  segment: (url, range, bytes) => {
    const { pathname } = new URL(url, document.baseURI);
    void crypto.subtle?.digest("SHA-256", bytes).then((hash) => {
      const sha256 = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      played.push({ path: pathname + range, sha256, bytes: bytes.byteLength });
    });
  },
};

window.viewer = {
  async start(settings) {
    begunMs = performance.now();
    const isShaka = settings.script?.startsWith("shaka") ?? false;
    const isDash = !isShaka && /\.mpd(\?|$)/.test(settings.manifest);
    player = await (isShaka ? startShaka : isDash ? startDash : startHls)(video, settings, events);
    player.shoal?.on("convicted", (peerId) => convicted.push(peerId));
    // dash.js begins by itself; what began before it looks, it takes for paused, and reads its MPD no more.
    if (!isDash) await video.play().catch((error: unknown) => errors.push(`play: ${String(error)}`));
  },
  state() {
    return {
      stats: player?.shoal?.stats() ?? null,
      playheadS: video.currentTime,
      bufferedS: bufferedS(video),
      targetLatencyS: player?.targetLatencyS() ?? 0,
      level: player?.level() ?? -1,
      stalls: meter.stalls,
      stallMs: meter.stallMs,
      startUpMs: meter.startedMs === null ? null : meter.startedMs - begunMs,
      errors,
      played,
      convicted,
      bandwidthBps: player?.bandwidthBps() ?? 0,
    };
  },
  seek(toS) {
    video.currentTime = toS;
  },
  setLevel(level) {
    player?.setLevel(level);
  },
  setSharing(mode) {
    if (player?.shoal) player.shoal.sharing = mode;
  },
  destroy() {
    player?.destroy();
    player = null;
  },
};
document.title = "ready";
