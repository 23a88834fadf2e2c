import { withShoal } from "@shoal/hls";
import Hls, { type ErrorData } from "hls.js";
import workerUrl from "hls.js/dist/hls.worker.js?url";
import type { DemoPlayer, PlayerSettings } from "./player.ts";

/** A player that gave up is started again after this long. */
const RETRY_MS = 2_000;

// With a bundler hls.js must be told where its worker is; everything else stays as it comes.
Hls.DefaultConfig.workerPath = workerUrl;
const HlsWithShoal = withShoal(Hls);

/** Starts hls.js as it comes. */
export function startHls({ video, content, tracker, failed }: PlayerSettings): DemoPlayer {
  let plainBytes = 0;
  const sharing = tracker === null ? null : new HlsWithShoal({ shoal: { tracker } });
  const hls: Hls = sharing ?? new Hls();
  if (!sharing) {
    hls.on(Hls.Events.FRAG_LOADED, (_name, { frag }) => {
      if (frag.sn !== "initSegment") plainBytes += frag.stats.loaded;
    });
  }
  hls.loadSource(`${content}.m3u8`);
  hls.attachMedia(video);
  video.addEventListener("canplay", () => void video.play().catch(() => {}), { once: true });
  hls.on(Hls.Events.FRAG_BUFFERED, () => failed(null));
  hls.on(Hls.Events.ERROR, (_name, data) => recover(data));

  /** What every integration of hls.js does about fatal errors. */
  function recover({ fatal, type, details }: ErrorData): void {
    if (!fatal) return;
    failed(details);
    if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else
      setTimeout(() => {
        if (hls.levels.length === 0 && hls.url) hls.loadSource(hls.url);
        else hls.startLoad();
      }, RETRY_MS);
  }

  return {
    shoal: sharing?.shoal ?? null,
    latencyS: () => hls.latency,
    plainBytes: () => plainBytes,
    destroy: () => hls.destroy(),
  };
}
