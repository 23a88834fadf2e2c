import { type ShoalHandle, withShoal } from "@shoal/hls";
import type { PeerId } from "@shoal/protocol";
import type Hls from "hls.js";
import type { FragmentLoaderContext, HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration } from "hls.js";
import type { PlayedSegment } from "../fixture/viewer-page.ts";
import { bufferedS, StallMeter } from "./stall-meter.ts";

declare global {
  interface Window {
    /** The build of hls.js that a script tag brought. */
    Hls: typeof Hls;
  }
}

const video = document.querySelector("video") as HTMLVideoElement;
const errors: string[] = [];
const played: PlayedSegment[] = [];
const convicted: PeerId[] = [];
const meter = new StallMeter(video);
let hls: (Hls & { readonly shoal?: ShoalHandle | null }) | null = null;
let begunMs = 0;

window.addEventListener("error", (event) => errors.push(`error: ${event.message}`));
window.addEventListener("unhandledrejection", (event) => errors.push(`rejection: ${String(event.reason)}`));

async function loadScript(src: string): Promise<void> {
  const script = document.createElement("script");
  script.src = src;
  document.head.append(script);
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
  });
}

/** Notes the hash of exactly those bytes that hls.js is given, before its worker takes them. */
function noting(Base: HlsConfig["loader"]): HlsConfig["loader"] {
  const Noted = class extends (Base as unknown as new (config: HlsConfig) => Loader<FragmentLoaderContext>) {
    override load(
      context: FragmentLoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<FragmentLoaderContext>,
    ): void {
      super.load(context, config, {
        ...callbacks,
        onSuccess: (response, stats, finalContext, details) => {
          const { frag } = context;
          if (frag.sn !== "initSegment" && response.data instanceof ArrayBuffer) note(context, response.data.slice(0));
          callbacks.onSuccess(response, stats, finalContext, details);
        },
      });
    }
  };
  return Noted as unknown as HlsConfig["loader"];
}

function note(context: FragmentLoaderContext, bytes: ArrayBuffer): void {
  const { pathname } = new URL(context.url);
  const range = context.rangeEnd ? `#${context.rangeStart}-${context.rangeEnd - 1}` : "";
  void crypto.subtle?.digest("SHA-256", bytes).then((hash) => {
    const sha256 = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    played.push({ path: pathname + range, sha256, bytes: bytes.byteLength });
  });
}

window.viewer = {
  async start({ manifest, shoal, hls: config = {}, script = "hls-1.7.js", level }) {
    await loadScript(`./${script}`);
    const { Hls: Player } = window;
    begunMs = performance.now();
    const settings = { enableWorker: true, maxBufferSize: 6_000_000, ...config };
    hls = shoal ? new (withShoal(Player))({ ...settings, shoal }) : new Player(settings);
    hls.shoal?.on("convicted", (peerId) => convicted.push(peerId));
    hls.config.fLoader = noting((hls.config.fLoader ?? hls.config.loader) as HlsConfig["loader"]) as never;
    hls.on(Player.Events.ERROR, (_name, data) => {
      if (data.fatal) errors.push(`fatal: ${data.type} ${data.details}`);
    });
    if (level !== undefined) {
      hls.on(Player.Events.MANIFEST_PARSED, () => {
        if (hls) hls.currentLevel = level;
      });
    }
    hls.loadSource(manifest);
    hls.attachMedia(video);
    await video.play().catch((error: unknown) => errors.push(`play: ${String(error)}`));
  },
  state() {
    return {
      stats: hls?.shoal?.stats() ?? null,
      playheadS: video.currentTime,
      bufferedS: bufferedS(video),
      targetLatencyS: hls?.targetLatency ?? 0,
      level: hls?.currentLevel ?? -1,
      stalls: meter.stalls,
      stallMs: meter.stallMs,
      startUpMs: meter.startedMs === null ? null : meter.startedMs - begunMs,
      errors,
      played,
      convicted,
      bandwidthBps: hls?.bandwidthEstimate ?? 0,
    };
  },
  seek(toS) {
    video.currentTime = toS;
  },
  setLevel(level) {
    if (hls) hls.currentLevel = level;
  },
  setSharing(mode) {
    if (hls?.shoal) hls.shoal.sharing = mode;
  },
  destroy() {
    hls?.destroy();
    hls = null;
  },
};
document.title = "ready";
