import { fileURLToPath } from "node:url";

/** Folder of the checkout. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

/** Packages whose JavaScript Vite builds for browsers. */
export const browserPackages = ["packages/protocol", "packages/core", "packages/hls", "packages/dash"] as const;

/** Packages whose JavaScript tsc emits for Node. */
export const nodePackages = [
  "tracker/matching",
  "tracker/sealer",
  "tracker/server",
  "tracker/autoscaler",
  "examples/origin",
  "e2e",
] as const;

/** Everything that is published. */
export const publishedPackages: readonly string[] = [...browserPackages, "packages/stub", ...nodePackages];

/** Files for a script tag, by the newest syntax and built-ins that they may use. */
export const scripts = {
  es5: ["packages/stub/dist/shoal-stub.js"],
  es2015: ["packages/hls/dist/shoal-hls.js", "packages/dash/dist/shoal-dash.js", "packages/core/dist/shoal-mesh.js"],
} as const;
