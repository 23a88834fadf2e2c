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

/** What a player's engine says of its traffic; null: whatever it was handed came from the CDN. */
export interface Engine {
  readonly traffic: (() => Traffic) | null;
  readonly wire?: () => WireRecord;
}

/** A player of whichever kind, as the page drives it. */
export interface BenchPlayer extends Engine {
  start(manifest: string, video: HTMLVideoElement): void;
  /** Media that the player was handed, bytes. */
  handedBytes(): number;
  /** Of the rendition on the screen, its average; null while unknown. */
  kbps(): number | null;
  /** Behind the live edge; null in VOD. */
  latencyS(): number | null;
  stop(): void;
}

/** How the page wants a player. */
export interface StartOptions {
  /** Where fatal errors are noted. */
  readonly errors: string[];
  /** Whether the page does about fatal errors what integrators do. */
  readonly recover: boolean;
  /** Plays only this level of the ladder, from 0; null leaves it to the player. */
  readonly level: number | null;
}

/** Plays as the page's address says and notes how it goes. @param make makes the player */
export function play(make: (settings: ViewerSettings, options: StartOptions) => BenchPlayer): void {
  const settings = JSON.parse(new URLSearchParams(location.search).get("settings") ?? "{}") as ViewerSettings;
  const video = document.querySelector("video") ?? document.body.appendChild(document.createElement("video"));
  const stallLog = new StallLog(video);
  const errors: string[] = [];
  window.addEventListener("error", ({ message }) => errors.push(`error: ${message}`));
  let startUpMs: number | null = null;
  video.addEventListener("playing", () => {
    startUpMs ??= performance.now();
  });

  const { recover, level } = settings;
  const player = make(settings, { errors, recover, level });
  player.start(new URL(settings.manifest, location.href).href, video);
  video.addEventListener("canplay", () => void video.play().catch(() => {}), { once: true });

  const trafficNow = (): Traffic =>
    player.traffic?.() ?? {
      cdnBytes: player.handedBytes(),
      peerBytes: null,
      sentBytes: null,
      sameIspBytes: null,
      neighbours: null,
    };
  const sample = (): Sample => {
    const { cdnBytes, peerBytes, sentBytes } = trafficNow();
    return {
      atMs: Date.now(),
      playheadS: video.currentTime,
      bufferS: bufferedS(video),
      latencyS: startUpMs === null ? null : player.latencyS(),
      kbps: startUpMs === null ? null : player.kbps(),
      handedBytes: player.handedBytes(),
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
      wire: player.wire?.() ?? null,
    };
  };
  performance.setResourceTimingBufferSize(10_000);
  window.addEventListener("pagehide", () => player.stop());
}

function firstRequestMs(): number | null {
  const requests = performance.getEntriesByType("resource").filter(({ name }) => /\/seg-\d+\./.test(name));
  return requests.length === 0 ? null : Math.min(...requests.map(({ startTime }) => startTime));
}
