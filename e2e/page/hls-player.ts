import { withShoal } from "@shoal/hls";
import type Hls from "hls.js";
import type { FragmentLoaderContext, HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration } from "hls.js";
import type { ViewerSettings } from "../fixture/viewer-page.ts";
import { loadScript, type PageEvents, type PagePlayer } from "./page-player.ts";

declare global {
  interface Window {
    /** The build of hls.js that a script tag brought. */
    Hls: typeof Hls;
  }
}

/** Notes exactly those bytes that hls.js is given, before its worker takes them. */
function noting(Base: HlsConfig["loader"], events: PageEvents): HlsConfig["loader"] {
  const Noted = class extends (Base as unknown as new (config: HlsConfig) => Loader<FragmentLoaderContext>) {
    override load(
      context: FragmentLoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<FragmentLoaderContext>,
    ): void {
      super.load(context, config, {
        ...callbacks,
        onSuccess: (response, stats, finalContext, details) => {
          const { frag, rangeStart, rangeEnd } = context;
          if (frag.sn !== "initSegment" && response.data instanceof ArrayBuffer) {
            events.segment(context.url, rangeEnd ? `#${rangeStart}-${rangeEnd - 1}` : "", response.data.slice(0));
          }
          callbacks.onSuccess(response, stats, finalContext, details);
        },
      });
    }
  };
  return Noted as unknown as HlsConfig["loader"];
}

/** Starts hls.js as the settings say. */
export async function startHls(
  video: HTMLVideoElement,
  { manifest, shoal, hls: config = {}, script = "hls-1.7.js", level }: ViewerSettings,
  events: PageEvents,
): Promise<PagePlayer> {
  await loadScript(`./${script}`);
  const { Hls: Player } = window;
  const settings = { enableWorker: true, maxBufferSize: 6_000_000, ...config };
  const sharing = shoal ? new (withShoal(Player))({ ...settings, shoal }) : null;
  const hls: Hls = sharing ?? new Player(settings);
  hls.config.fLoader = noting((hls.config.fLoader ?? hls.config.loader) as HlsConfig["loader"], events) as never;
  hls.on(Player.Events.ERROR, (_name, data) => {
    if (data.fatal) events.error(`fatal: ${data.type} ${data.details}`);
  });
  if (level !== undefined) {
    hls.on(Player.Events.MANIFEST_PARSED, () => {
      hls.currentLevel = level;
    });
  }
  hls.loadSource(manifest);
  hls.attachMedia(video);
  return {
    shoal: sharing?.shoal ?? null,
    targetLatencyS: () => hls.targetLatency ?? 0,
    level: () => hls.currentLevel,
    bandwidthBps: () => hls.bandwidthEstimate,
    setLevel: (next) => {
      hls.currentLevel = next;
    },
    destroy: () => hls.destroy(),
  };
}
