import { defineConfig } from "vite";
import { standIns } from "./vite.stand-ins.ts";

export default defineConfig({
  plugins: [standIns()],
  build: {
    target: "es2020",
    emptyOutDir: false,
    sourcemap: true,
    minify: false,
    lib: { entry: { index: "src/index.ts", "testing/index": "src/testing/index.ts" }, formats: ["es"] },
    rollupOptions: { external: [/^@shoal\//] },
  },
});
