import { defineConfig } from "@playwright/test";
import { chromiumFlags } from "../scripts/chromium.mjs";

export default defineConfig({
  testDir: "tests",
  globalSetup: "./global-setup.ts",
  workers: 2,
  fullyParallel: true,
  timeout: 300_000,
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ? [["list"], ["json"]] : "list",
  outputDir: ".cache/results",
  use: {
    launchOptions: {
      executablePath: process.env.SHOAL_CHROMIUM ?? "/usr/bin/chromium",
      args: [...chromiumFlags],
    },
  },
});
