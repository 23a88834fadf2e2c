import Hls from "hls.js";
import workerUrl from "hls.js/dist/hls.worker.js?url";
import { bufferedS, StallLog } from "./stall-log.ts";
import type { Sample, Traffic, ViewerRecord, ViewerSettings } from "./viewer-record.ts";
import type { WireRecord } from "./wire-log.ts";

declare global {
  interface Window {
    /** What this viewer noted so far. */
    viewerRecord?: () => ViewerRecord;
    /** Takes a sample now. */
    viewerMark?: () => void;
  }
}

const SAMPLE_MS = 1_000;
/** A player that gave up is started again after this long, where the run asks for it. */
const RECOVER_MS = 2_000;

/** A player, and what its engine says of its traffic; null: whatever it was handed came from the CDN. */
export interface Player {
  readonly hls: Hls;
  readonly traffic: (() => Traffic) | null;
  readonly wire?: () => WireRecord;
}

/** Plays as the page's address says and notes how it goes. @param make makes the player from its options */
export function play(make: (settings: ViewerSettings, options: Readonly<Record<string, unknown>>) => Player): void {
  const settings = JSON.parse(new URLSearchParams(location.search).get("settings") ?? "{}") as ViewerSettings;
  const video = document.querySelector("video") ?? document.body.appendChild(document.createElement("video"));
  const stallLog = new StallLog(video);
  const errors: string[] = [];
  window.addEventListener("error", ({ message }) => errors.push(`error: ${message}`));
  let startUpMs: number | null = null;
  video.addEventListener("playing", () => {
    startUpMs ??= performance.now();
  });

  // hls.js in a bundle must be told where its worker is, else it has none.
  const worker = settings.worker ? { enableWorker: true, workerPath: workerUrl } : { enableWorker: false };
  const { hls, traffic, wire } = make(settings, { ...worker, ...settings.hls });
  let handedBytes = 0;
  hls.on(Hls.Events.FRAG_LOADED, (_name, { frag }) => {
    if (frag.sn !== "initSegment") handedBytes += frag.stats.loaded;
  });
  hls.on(Hls.Events.ERROR, (_name, { fatal, type, details }) => {
    if (!fatal) return;
    errors.push(`fatal: ${details}`);
    if (!settings.recover) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else setTimeout(() => hls.startLoad(), RECOVER_MS);
  });
  const { level } = settings;
  if (level !== null) {
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      hls.currentLevel = Math.min(level, hls.levels.length - 1);
    });
  }
  hls.loadSource(new URL(settings.manifest, location.href).href);
  hls.attachMedia(video);
  video.addEventListener("canplay", () => void video.play().catch(() => {}), { once: true });

  const trafficNow = (): Traffic =>
    traffic?.() ?? { cdnBytes: handedBytes, peerBytes: null, sentBytes: null, sameIspBytes: null, neighbours: null };
  const sample = (): Sample => {
    const { cdnBytes, peerBytes, sentBytes } = trafficNow();
    const bitsPerSecond = startUpMs === null ? undefined : hls.levels[hls.currentLevel]?.averageBitrate;
    const latencyS = startUpMs !== null && hls.latestLevelDetails?.live ? hls.latency : null;
    return {
      atMs: Date.now(),
      playheadS: video.currentTime,
      bufferS: bufferedS(video),
      latencyS,
      kbps: bitsPerSecond === undefined ? null : bitsPerSecond / 1000,
      handedBytes,
      cdnBytes,
      peerBytes,
      sentBytes,
    };
  };
  const samples: Sample[] = [sample()];
  setInterval(() => samples.push(sample()), SAMPLE_MS);
  window.viewerMark = () => void samples.push(sample());
  window.viewerRecord = () => {
    const { sameIspBytes, neighbours } = trafficNow();
    return {
      openedMs: performance.timeOrigin,
      startUpMs,
      firstRequestMs: firstRequestMs(),
      samples: [...samples, sample()],
      stalls: stallLog.stalls,
      errors,
      sameIspBytes,
      neighbours,
      wire: wire?.() ?? null,
    };
  };
  performance.setResourceTimingBufferSize(10_000);
  window.addEventListener("pagehide", () => hls.destroy());
}

function firstRequestMs(): number | null {
  const requests = performance.getEntriesByType("resource").filter(({ name }) => /\/seg-\d+\./.test(name));
  return requests.length === 0 ? null : Math.min(...requests.map(({ startTime }) => startTime));
}
