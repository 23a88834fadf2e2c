import { defineConfig } from "vite";

export default defineConfig({
  build: {
    target: "es2020",
    emptyOutDir: false,
    sourcemap: true,
    minify: false,
    lib: { entry: { index: "src/index.ts", names: "src/names.ts" }, formats: ["es"] },
  },
});
