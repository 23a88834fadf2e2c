import type { ShoalOptions, ShoalStats } from "@shoal/hls";
import { expect, type Swarm } from "../fixture/index.ts";
import { OldChromium, type OldEngine } from "./old-chromium.ts";

/** What `old-engine.html` tells of itself. */
export interface OldState {
  /** Whether the stub brought Shoal; null before it has answered. */
  readonly loaded: boolean | null;
  /** Why not; empty where it did. */
  readonly why: string | null;
  /** How far the picture has come since it first moved. */
  readonly playedS: number;
  readonly bufferedS: number;
  readonly errors: readonly string[];
  readonly stats: ShoalStats | null;
}

/** What it plays. */
export interface OldSettings {
  /** Path of the manifest at the origin. */
  readonly manifest: string;
  /** Build of hls.js or dash.js, beside the page. */
  readonly script: string;
  /** Null plays without Shoal. */
  readonly shoal: ShoalOptions | null;
  /** Runs in the page before anything else of it. */
  readonly before?: string;
  /** A profile that another browser left. */
  readonly profile?: string;
}

const NOTHING: OldState = { loaded: null, why: null, playedS: 0, bufferedS: 0, errors: [], stats: null };

/** A viewer in an engine of some years ago. */
export class OldViewer {
  readonly browser: OldChromium;

  private constructor(browser: OldChromium) {
    this.browser = browser;
  }

  static async open(engine: OldEngine, swarm: Swarm, settings: Partial<OldSettings> = {}): Promise<OldViewer> {
    const { manifest = "/vp9/master.m3u8", script = "hls-1.7.js", before, profile } = settings;
    const tracker = `${swarm.tracker.url}?isp=one`;
    const shoal = settings.shoal === null ? null : { tracker, reconnectMs: 500, ...settings.shoal };
    const told = JSON.stringify({ manifest: `${swarm.origin.url}${manifest}`, script, shoal });
    const url = `${swarm.origin.url}/page/old-engine.html#${encodeURIComponent(told)}`;
    return new OldViewer(await OldChromium.open(engine, url, { before, profile }));
  }

  async state(): Promise<OldState> {
    const text = await this.browser.page.evaluate<string>("window.state ? window.state() : 'null'");
    return (JSON.parse(text) as OldState | null) ?? NOTHING;
  }

  /** Waits until something about the state holds. */
  async until(what: string, holds: (state: OldState) => boolean, timeout: number = 60_000): Promise<OldState> {
    await expect.poll(async () => holds(await this.state()), { message: what, timeout }).toBe(true);
    return this.state();
  }
}
