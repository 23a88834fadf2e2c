import { MediaPlayer, type MediaPlayerClass } from "dashjs";
import { type BenchPlayer, type Engine, play, type StartOptions } from "./play.ts";
import type { ViewerSettings } from "./viewer-record.ts";

interface LoadedFragment {
  readonly request: { readonly type: string; readonly mediaType: string };
  readonly response?: ArrayBuffer;
}

/** Plays with dash.js. @param share gives the player an engine before it begins, or none */
export function playDash(share: (player: MediaPlayerClass, settings: ViewerSettings) => Engine): void {
  play((settings, options) => {
    const player = MediaPlayer().create();
    return dashPlayer(player, share(player, settings), options);
  });
}

function dashPlayer(player: MediaPlayerClass, engine: Engine, { errors, level }: StartOptions): BenchPlayer {
  let handedBytes = 0;
  player.updateSettings({ debug: { logLevel: 0 } });
  if (level !== null) player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: false } } } });
  player.on("error", ({ error }: { error: { readonly code?: number; readonly message?: string } }) => {
    errors.push(`fatal: ${error.code} ${error.message}`);
  });
  player.on("fragmentLoadingCompleted", ({ request, response }: LoadedFragment) => {
    if (request.type === "MediaSegment" && /^(video|audio)$/.test(request.mediaType)) {
      handedBytes += response?.byteLength ?? 0;
    }
  });
  player.on("streamInitialized", () => {
    if (level !== null) player.setRepresentationForTypeByIndex("video", level, true);
  });
  return {
    ...engine,
    start: (manifest, video) => player.initialize(video, manifest, true),
    handedBytes: () => handedBytes,
    kbps: () => {
      // With the sound, as hls.js' levels count it.
      const kbps = (["video", "audio"] as const).map(
        (type) => player.getCurrentRepresentationForType(type)?.bitrateInKbit,
      );
      return kbps[0] === undefined ? null : (kbps[0] ?? 0) + (kbps[1] ?? 0);
    },
    latencyS: () => (player.isDynamic() ? player.getCurrentLiveLatency() : null),
    stop: () => player.destroy(),
  };
}
