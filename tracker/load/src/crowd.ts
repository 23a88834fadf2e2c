import { randomBytes } from "node:crypto";
import type { PeerId } from "@shoal/protocol";
import { CrowdStats } from "./crowd-stats.ts";
import { imaginaryStream, type LoadStream, renditionAt } from "./load-stream.ts";
import { type CrowdWorld, LoadViewer } from "./load-viewer.ts";
import { arrivalMs, waitMs } from "./profile.ts";
import { Timers } from "./timers.ts";

/** What a crowd is. */
export interface CrowdSettings extends Omit<CrowdWorld, "gone" | "stats" | "random" | "stream"> {
  /** What is played; one that nobody serves if not said. */
  readonly stream?: LoadStream;
  readonly viewers: number;
  readonly rampMs: number;
  /** Viewers come from this many ISPs, the first with most of them; 0: they name none. */
  readonly isps: number;
  /** How viewers tell their ISP: by loopback addresses of other /16 blocks, or in the query (a tracker set to believe it). */
  readonly ispBy: "address" | "query";
  readonly random?: () => number;
}

/** Many viewers in one process. */
export class Crowd {
  readonly stats = new CrowdStats();
  readonly #settings: CrowdSettings;
  readonly #viewers = new Map<PeerId, LoadViewer>();
  readonly #timers = new Timers();
  readonly #random: () => number;
  readonly #stream: LoadStream;
  #count = 0;

  constructor(settings: CrowdSettings) {
    this.#settings = settings;
    this.#random = settings.random ?? Math.random;
    this.#stream = settings.stream ?? imaginaryStream(settings.contentId);
  }

  get viewers(): Iterable<LoadViewer> {
    return this.#viewers.values();
  }

  /** Viewers arrive over the ramp; each stays as the profile says, and another takes its place. */
  start(): void {
    const { viewers, rampMs, profile } = this.#settings;
    for (let at = 0; at < viewers; at++) {
      this.#timers.after(arrivalMs(at, viewers, rampMs, profile.arrival), () => this.#arrive());
    }
  }

  stop(): void {
    this.#timers.clear();
    for (const viewer of this.#viewers.values()) viewer.stop();
    this.#viewers.clear();
  }

  #arrive(): void {
    const { isps, ispBy, profile } = this.#settings;
    const at = this.#count++;
    const isp = isps === 0 ? null : Math.min(isps - 1, Math.floor(isps * this.#random() ** 2));
    const viewer = new LoadViewer(
      {
        ...this.#settings,
        stream: this.#stream,
        stats: this.stats,
        random: this.#random,
        gone: (peerId, neighbours) => {
          for (const neighbour of neighbours) this.#viewers.get(neighbour)?.lose(peerId);
        },
      },
      {
        peerId: randomBytes(16).toString("hex") as PeerId,
        rendition: renditionAt(this.#stream, at),
        localAddress: isp === null || ispBy === "query" ? null : loopback(isp, at),
        isp: isp === null || ispBy === "address" ? null : `isp-${isp}`,
      },
    );
    this.#viewers.set(viewer.peerId, viewer);
    viewer.start();
    this.#timers.after(waitMs(profile.stayMs, this.#random), () => {
      viewer.stop();
      this.#viewers.delete(viewer.peerId);
      this.#arrive();
    });
  }
}

/** One of the many addresses of a Linux machine's loopback: each ISP a /16 of its own, a thousand viewers an address. */
const loopback = (isp: number, at: number): string => `127.${(isp % 250) + 1}.${at % 4}.${((at >> 2) % 250) + 1}`;
