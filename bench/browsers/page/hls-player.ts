import Hls from "hls.js";
import type { BenchPlayer, Engine, StartOptions } from "./play.ts";

/** A player that gave up is started again after this long, where the run asks for it. */
const RECOVER_MS = 2_000;

/** hls.js, as the page drives it. */
export function hlsPlayer(hls: Hls, engine: Engine, { errors, recover, level }: StartOptions): BenchPlayer {
  let handedBytes = 0;
  hls.on(Hls.Events.FRAG_LOADED, (_name, { frag }) => {
    if (frag.sn !== "initSegment") handedBytes += frag.stats.loaded;
  });
  hls.on(Hls.Events.ERROR, (_name, { fatal, type, details }) => {
    if (!fatal) return;
    errors.push(`fatal: ${details}`);
    if (!recover) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else setTimeout(() => hls.startLoad(), RECOVER_MS);
  });
  if (level !== null) {
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      hls.currentLevel = Math.min(level, hls.levels.length - 1);
    });
  }
  return {
    ...engine,
    start: (manifest, video) => {
      hls.loadSource(manifest);
      hls.attachMedia(video);
    },
    handedBytes: () => handedBytes,
    kbps: () => {
      const bps = hls.levels[hls.currentLevel]?.averageBitrate;
      return bps === undefined ? null : bps / 1000;
    },
    latencyS: () => (hls.latestLevelDetails?.live ? hls.latency : null),
    stop: () => hls.destroy(),
  };
}
