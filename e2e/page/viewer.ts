import { type ShoalHandle, type ShoalOptions, withShoal } from "@shoal/hls";
import type { PeerId } from "@shoal/protocol";
import type Hls from "hls.js";
import type { FragmentLoaderContext, HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration } from "hls.js";
import { StallMeter } from "./stall-meter.ts";

/** How a test wants a viewer to play. Everything has hls.js' own default. */
export interface ViewerSettings {
  readonly manifest: string;
  /** Null plays with plain hls.js. */
  readonly shoal: ShoalOptions | null;
  /** Options of hls.js that can travel as data. */
  readonly hls?: Readonly<Record<string, string | number | boolean | null>>;
  /** File of hls.js to play with, beside this page. */
  readonly script?: string;
  /** Plays only this level of the ladder. */
  readonly level?: number;
}

/** A segment that was handed to the player. */
export interface PlayedSegment {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** What a test can ask of the page. */
export interface ViewerState {
  readonly stats: ReturnType<ShoalHandle["stats"]> | null;
  readonly playheadS: number;
  readonly bufferedS: number;
  readonly latencyS: number;
  readonly level: number;
  readonly stalls: number;
  readonly stallMs: number;
  readonly startUpMs: number | null;
  readonly errors: readonly string[];
  readonly played: readonly PlayedSegment[];
  /** Peer ids of those this viewer convicted. */
  readonly convicted: readonly PeerId[];
  readonly bandwidthBps: number;
}

declare global {
  interface Window {
    Hls: typeof Hls;
    viewer: {
      start(settings: ViewerSettings): Promise<void>;
      state(): ViewerState;
      seek(toS: number): void;
      setLevel(level: number): void;
      setSharing(mode: "full" | "download" | "off"): void;
      destroy(): void;
    };
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
    const { currentTime, buffered } = video;
    let endS = currentTime;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= endS + 0.2 && buffered.end(i) > endS) endS = buffered.end(i);
    }
    return {
      stats: hls?.shoal?.stats() ?? null,
      playheadS: currentTime,
      bufferedS: endS - currentTime,
      latencyS: hls?.latency ?? 0,
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
