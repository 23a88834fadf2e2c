import { withShoal } from "@shoal/dash";
import type { MediaPlayerClass } from "dashjs";
import type { ViewerSettings } from "../fixture/viewer-page.ts";
import { loadScript, type PageEvents, type PagePlayer } from "./page-player.ts";

declare global {
  interface Window {
    /** The build of dash.js that a script tag brought. */
    dashjs: { readonly MediaPlayer: () => { create(): MediaPlayerClass } };
    /** The page's player, where it is dash.js: for what no other player has. */
    dashPlayer: MediaPlayerClass;
  }
}

/** The bundled ladder, kbit/s: what dash.js takes for a level to begin with. */
const BEGIN_AT_KBPS = [1, 1_000, 100_000];

interface LoadedFragment {
  readonly request: {
    readonly type: string;
    readonly mediaType: string;
    readonly url: string;
    readonly range?: string;
  };
  readonly response?: ArrayBuffer;
}

/** Starts dash.js as the settings say. */
export async function startDash(
  video: HTMLVideoElement,
  { manifest, shoal, dash = {}, protection, script = "dash-5.2.js", level }: ViewerSettings,
  events: PageEvents,
): Promise<PagePlayer> {
  await loadScript(`./${script}`);
  const player = window.dashjs.MediaPlayer().create();
  window.dashPlayer = player;
  if (protection) player.setProtectionData(protection);
  const handle = shoal ? withShoal(player, shoal) : null;
  player.updateSettings({ debug: { logLevel: 0 }, ...dash });
  if (level !== undefined) {
    const initialBitrate = { video: BEGIN_AT_KBPS[level] ?? -1 };
    player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: false }, initialBitrate } } });
  }
  player.on("error", ({ error }: { error: { readonly code?: number; readonly message?: string } }) => {
    events.error(`dash.js: ${error.code} ${error.message}`);
  });
  player.on("fragmentLoadingCompleted", ({ request, response }: LoadedFragment) => {
    if (request.type !== "MediaSegment" || !response || !/^(video|audio)$/.test(request.mediaType)) return;
    events.segment(request.url, request.range ? `#${request.range}` : "", response.slice(0));
  });
  player.initialize(video, manifest, true);
  const subtitles = document.body.appendChild(document.createElement("div"));
  subtitles.id = "subtitles";
  player.attachTTMLRenderingDiv(subtitles);
  return {
    shoal: handle,
    targetLatencyS: () => player.getTargetLiveDelay() || 0,
    // dash.js 4 has another word for it.
    level: () => player.getCurrentRepresentationForType?.("video")?.absoluteIndex ?? -1,
    bandwidthBps: () => player.getAverageThroughput("video") * 1000,
    setLevel: (next) => player.setRepresentationForTypeByIndex("video", next, true),
    destroy: () => player.destroy(),
  };
}
