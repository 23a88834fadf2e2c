import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const standIn = (name: string): string =>
  fileURLToPath(new URL(`./src/mesh/simple-peer/${name}.ts`, import.meta.url));

/** simple-peer on small stand-ins for Node's streams: 8 KB gzip instead of 29, and no polyfills for integrators. */
export const simplePeerStandIns = [
  { find: /^readable-stream$/, replacement: standIn("stream") },
  { find: /^debug$/, replacement: standIn("debug") },
  { find: /^buffer$/, replacement: standIn("buffer") },
  { find: /^randombytes$/, replacement: standIn("random-bytes") },
];

export default defineConfig({
  resolve: { alias: simplePeerStandIns },
  build: {
    target: "es2020",
    emptyOutDir: false,
    sourcemap: true,
    minify: false,
    lib: { entry: { index: "src/index.ts", "testing/index": "src/testing/index.ts" }, formats: ["es"] },
    rollupOptions: { external: [/^@shoal\//, /^socket\.io-client/] },
  },
});
