import type { ShoalOptions, ShoalStats } from "@shoal/hls";
import { expect, type Swarm } from "../fixture/index.ts";

/** A browser that Playwright does not drive, with one page open in it. */
export interface DrivenBrowser {
  /** What an expression comes to in the page. @throws Error with what the page threw */
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
}

/** What `script-viewer.html` tells of itself. */
export interface ScriptViewerState {
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
export interface ScriptViewerSettings {
  /** Path of the manifest at the origin. */
  readonly manifest: string;
  /** Build of hls.js or dash.js, beside the page. */
  readonly script: string;
  /** Null plays without Shoal. */
  readonly shoal: ShoalOptions | null;
}

const NOTHING: ScriptViewerState = { loaded: null, why: null, playedS: 0, bufferedS: 0, errors: [], stats: null };

/** The page of a swarm that plays so. */
export function scriptViewerUrl(swarm: Swarm, settings: Partial<ScriptViewerSettings>): string {
  const { manifest = "/vp9/master.m3u8", script = "hls-1.7.js" } = settings;
  const tracker = `${swarm.tracker.url}?isp=one`;
  const shoal = settings.shoal === null ? null : { tracker, reconnectMs: 500, ...settings.shoal };
  const told = JSON.stringify({ manifest: `${swarm.origin.url}${manifest}`, script, shoal });
  return `${swarm.origin.url}/page/script-viewer.html#${encodeURIComponent(told)}`;
}

/** A viewer that came by script tags, as in TV apps. */
export class ScriptViewer<Browser extends DrivenBrowser> {
  readonly browser: Browser;

  constructor(browser: Browser) {
    this.browser = browser;
  }

  async state(): Promise<ScriptViewerState> {
    const text = await this.browser.evaluate<string>("window.state ? window.state() : 'null'");
    return (JSON.parse(text) as ScriptViewerState | null) ?? NOTHING;
  }

  /** Waits until something about the state holds. */
  async until(what: string, holds: (state: ScriptViewerState) => boolean): Promise<ScriptViewerState> {
    await expect.poll(async () => holds(await this.state()), { message: what, timeout: 60_000 }).toBe(true);
    return this.state();
  }
}
