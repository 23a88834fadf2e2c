import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { PodLoad } from "./admission.ts";

const RESOLUTION_MS = 10;
/** The loop's delay is looked at over this long, milliseconds. */
export const LOOK_MS = 250;

/** Measures how this process is doing. */
export class LoadGauge {
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #sockets: () => number;
  #loopDelayMs = 0;
  #busyShare = 0;
  #use = performance.eventLoopUtilization();
  #residentBytes = process.memoryUsage.rss();

  /** @param looked is told how things stand, a few times a second */
  constructor(sockets: () => number, looked: (load: PodLoad) => void) {
    this.#sockets = sockets;
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      const lateMs = this.#histogram.percentile(90) / 1e6 - RESOLUTION_MS;
      this.#loopDelayMs = Number.isFinite(lateMs) ? Math.max(0, lateMs) : 0;
      this.#histogram.reset();
      const use = performance.eventLoopUtilization();
      this.#busyShare = performance.eventLoopUtilization(use, this.#use).utilization;
      this.#use = use;
      this.#residentBytes = process.memoryUsage.rss();
      looked(this.load);
    }, LOOK_MS);
    this.#timer.unref();
  }

  get load(): PodLoad {
    return {
      sockets: this.#sockets(),
      residentBytes: this.#residentBytes,
      loopDelayMs: this.#loopDelayMs,
      busyShare: this.#busyShare,
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }
}
