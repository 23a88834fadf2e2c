import { defineConfig } from "vite";
import { plugIns } from "./vite.plug-ins.ts";

export default defineConfig({
  plugins: plugIns(),
  build: {
    target: "es2020",
    emptyOutDir: false,
    sourcemap: true,
    minify: false,
    lib: { entry: { index: "src/index.ts", "testing/index": "src/testing/index.ts" }, formats: ["es"] },
    rollupOptions: { external: [/^@shoal\//] },
  },
});
