import { type Browser, chromium, type Page } from "playwright";
import { chromiumFlags, findChromium } from "../../../scripts/chromium.mjs";
import { type ViewerQuery, type ViewerReport, viewerUrl } from "../page/viewer-report.ts";

/** A viewer in a page of its own. */
export interface Seat {
  readonly name: string;
  /** What it says now; null where its page does not answer. */
  report(): Promise<ViewerReport | null>;
  leave(): Promise<void>;
}

/** Opens viewers in a Chromium that nobody sees, each in a browser context of its own. */
export class Audience {
  readonly #browser: Browser;
  readonly #pageBase: string;

  private constructor(browser: Browser, pageBase: string) {
    this.#browser = browser;
    this.#pageBase = pageBase;
  }

  /** @throws Error where there is no Chromium or it does not start */
  static async open(pageBase: string): Promise<Audience> {
    const executablePath = await findChromium();
    // Who ends is decided in one place: Playwright must not end the process on Ctrl-C.
    const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
    return new Audience(await chromium.launch({ executablePath, args: [...chromiumFlags], ...signals }), pageBase);
  }

  async seat(viewer: ViewerQuery): Promise<Seat> {
    const context = await this.#browser.newContext({ viewport: { width: 320, height: 180 } });
    const page = await context.newPage();
    await page.goto(viewerUrl(this.#pageBase, viewer), { waitUntil: "commit" });
    return { name: viewer.name, report: () => reportOf(page), leave: () => context.close() };
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

async function reportOf(page: Page): Promise<ViewerReport | null> {
  try {
    return await page.evaluate<ViewerReport | null>("window.viewerReport?.() ?? null");
  } catch {
    return null;
  }
}
