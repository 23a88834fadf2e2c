import { type Browser, type CDPSession, chromium, type Page } from "playwright";
import { chromiumFlags, findChromium } from "../../scripts/chromium.mjs";
import type { ViewerRecord, ViewerSettings } from "./page/viewer-record.ts";
import type { PageName } from "./players.ts";
import { sum } from "./statistics.ts";

/** How busy a page's process has been since it began. */
export interface PageLoad {
  readonly atMs: number;
  /** Main thread at work, seconds. */
  readonly taskS: number;
  /** CPU of the main thread, seconds: less than the above where the machine let it wait in the middle of a task. */
  readonly threadS: number;
  readonly heapBytes: number;
}

/** A viewer in a page and a browser context of its own. */
export interface Seat {
  /** Takes a sample now. */
  mark(): Promise<void>;
  /** What it noted; null where its page does not answer. */
  record(): Promise<ViewerRecord | null>;
  /** null where the browser does not say. */
  load(): Promise<PageLoad | null>;
  leave(): Promise<void>;
}

/** Where and as whom a viewer plays. */
export interface SeatOptions {
  /** Its place in the order of joins, which chooses its browser. */
  readonly viewer: number;
  readonly name: string;
  readonly pagesUrl: string;
  readonly page: PageName;
  readonly settings: ViewerSettings;
}

/** Opens viewers in Chromiums that nobody sees: all in one, or each in its own. */
export class Audience {
  readonly #browsers: readonly Browser[];

  private constructor(browsers: readonly Browser[]) {
    this.#browsers = browsers;
  }

  /**
   * @param chromiums commands that start one each, for viewers in turn; absent: one for all
   * @param flags what they are told beside the usual
   * @throws Error where there is no Chromium or it does not start
   */
  static async open(chromiums?: readonly string[], flags: readonly string[] = []): Promise<Audience> {
    const executablePaths = chromiums ?? [await findChromium()];
    // Who ends is decided in one place: Playwright must not end the process on Ctrl-C.
    const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
    const args = [...chromiumFlags, ...flags];
    const browsers: Browser[] = [];
    try {
      for (const executablePath of executablePaths) {
        browsers.push(await chromium.launch({ executablePath, args, ...signals }));
      }
    } catch (error) {
      await Promise.all(browsers.map((browser) => browser.close()));
      throw error;
    }
    return new Audience(browsers);
  }

  get version(): string {
    return this.#browsers[0]?.version() ?? "";
  }

  /** CPU time of all of the browser's processes that live now, seconds; null where the browser does not say. */
  async cpuS(): Promise<number | null> {
    try {
      return sum(await Promise.all(this.#browsers.map(cpuOf)));
    } catch {
      return null;
    }
  }

  async seat({ viewer, name, pagesUrl, page: file, settings }: SeatOptions): Promise<Seat> {
    const browser = this.#browsers[viewer % this.#browsers.length];
    if (browser === undefined) throw new Error("This audience has no browser.");
    const context = await browser.newContext({
      viewport: { width: 320, height: 180 },
      // The origin counts by this name. A script that set it would need a preflight elsewhere; this does not.
      extraHTTPHeaders: { "x-shoal-client": name },
    });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "timeTicks" });
    const query = new URLSearchParams({ settings: JSON.stringify(settings) });
    await page.goto(`${pagesUrl}/${file}.html?${query}`, { waitUntil: "commit" });
    return {
      mark: () => page.evaluate<void>("window.viewerMark?.()").catch(() => {}),
      record: () => recordOf(page),
      load: () => loadOf(session),
      leave: () => context.close(),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#browsers.map((browser) => browser.close()));
  }
}

async function cpuOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return sum(processInfo.map(({ cpuTime }) => cpuTime));
}

async function recordOf(page: Page): Promise<ViewerRecord | null> {
  try {
    return await page.evaluate<ViewerRecord | null>("window.viewerRecord?.() ?? null");
  } catch {
    return null;
  }
}

async function loadOf(session: CDPSession): Promise<PageLoad | null> {
  try {
    const { metrics } = await session.send("Performance.getMetrics");
    const value = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0;
    return {
      atMs: value("Timestamp") * 1000,
      taskS: value("TaskDuration"),
      threadS: value("ThreadTime"),
      heapBytes: value("JSHeapUsedSize"),
    };
  } catch {
    return null;
  }
}
