import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { shownAddressesFlags } from "./e2e/support/shown-addresses.ts";
import { plugIns, standIns } from "./packages/core/vite.plug-ins.ts";

const source = { resolve: { conditions: ["@shoal/source", "module", "import", "default"] } };

const heavy = process.env.SHOAL_HEAVY === "1";

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        ssr: { resolve: { conditions: ["@shoal/source", "module", "node"] } },
        test: {
          name: "node",
          environment: "node",
          // Far beyond what any test needs: a busy machine is no failure.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          include: [
            "packages/*/src/**/*.test.ts",
            "packages/*/cuts/*.test.ts",
            "tracker/*/src/**/*.test.ts",
            "examples/*/src/**/*.test.ts",
            "bench/**/*.test.ts",
            "scripts/**/*.test.ts",
            "helm/**/*.test.ts",
          ],
          // What takes minutes is not there to be skipped: `npm run test:tracker` and `test:cluster` ask for it.
          exclude: ["**/*.browser.test.ts", "**/node_modules/**", ...(heavy ? [] : ["**/*.heavy.test.ts"])],
        },
      },
      {
        resolve: { conditions: ["@shoal/source", "browser", "module", "import", "default"] },
        plugins: plugIns(),
        // Its cache does not notice when what is left out of a dependency changes.
        optimizeDeps: { force: true, rolldownOptions: { plugins: [standIns()] } },
        test: {
          name: "browser",
          include: ["packages/*/src/**/*.browser.test.ts"],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: process.env.SHOAL_CHROMIUM ?? "/usr/bin/chromium",
                // Addresses in the clear: a name that multicast loses on a busy machine is a link that never opens.
                args: [...shownAddressesFlags],
              },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
