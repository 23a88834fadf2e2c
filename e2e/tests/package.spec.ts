import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { createOrigin } from "@shoal/origin";
import { SEALER_DEFAULTS, startSealer } from "@shoal/sealer";
import { startTracker, TRACKER_DEFAULTS } from "@shoal/tracker";
import { expect, test } from "../fixture/index.ts";
import { PackedPage } from "../support/packed.ts";

type Stats = { readonly peerBytes: number; readonly cdnBytes: number };

const players = [
  { player: "hls", manifest: "/live/master.m3u8" },
  { player: "dash", manifest: "/live/master.mpd" },
] as const;

for (const { player, manifest } of players) {
  test(`a bare Vite page and a bare webpack page install the packages for ${player}, build without a warning and share a stream`, async ({
    browser,
  }) => {
    const built = fileURLToPath(new URL(`../../packages/${player}/dist/index.js`, import.meta.url));
    expect(existsSync(built), "run `npm run build` first").toBe(true);
    const packed = PackedPage.create(player);
    try {
      const vite = await packed.buildWithVite();
      const webpack = await packed.buildWithWebpack();
      expect([...vite.warnings, ...webpack.warnings]).toEqual([]);
      const origin = await createOrigin({
        pages: [
          { mount: "/vite", dir: vite.out },
          { mount: "/webpack", dir: webpack.out },
        ],
      });
      const sealer = await startSealer({ ...SEALER_DEFAULTS, port: 0, mediaBase: `${origin.url}/`, logLevel: "error" });
      const tracker = await startTracker({
        ...TRACKER_DEFAULTS,
        host: "127.0.0.1",
        port: 0,
        open: true,
        sealerUrl: sealer.url,
        logLevel: "error",
      });
      const context = await browser.newContext();
      try {
        const query = new URLSearchParams({ manifest: `${origin.url}${manifest}`, tracker: tracker.url });
        const pages: Page[] = [];
        const errors: string[] = [];
        for (const mount of ["vite", "webpack"]) {
          const page = await context.newPage();
          page.on("pageerror", (error) => errors.push(`${mount}: ${error.message}`));
          await page.goto(`${origin.url}/${mount}/index.html?${query}`);
          pages.push(page);
        }
        // Which of the two fetches more for the other is for the names drawn in this run to say.
        const peerBytes = async (): Promise<number> => {
          const each = await Promise.all(
            pages.map((page) => page.evaluate(() => (window as unknown as { shoalStats(): Stats }).shoalStats())),
          );
          return each.reduce((sum, stats) => sum + stats.peerBytes, 0);
        };
        await expect.poll(peerBytes, { timeout: 60_000 }).toBeGreaterThan(500_000);
        expect(errors).toEqual([]);
      } finally {
        await context.close();
        await tracker.close();
        await sealer.close();
        await origin.close();
      }
    } finally {
      packed.remove();
    }
  });
}
