import { defineConfig } from "vitest/config";

const source = { resolve: { conditions: ["@shoal/source", "module", "import", "default"] } };

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
            "tracker/*/src/**/*.test.ts",
            "examples/*/src/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          exclude: ["**/*.browser.test.ts", "**/node_modules/**"],
        },
      },
    ],
  },
});
