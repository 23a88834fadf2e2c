import { defineConfig } from "vite";
import { plugIns } from "../core/vite.plug-ins.ts";

/** `npm run build` makes the ESM build; `--mode script` the script-tag build, with everything in it. */
export default defineConfig(({ mode }) =>
  mode === "script"
    ? {
        plugins: plugIns(),
        resolve: { conditions: ["@shoal/source", "browser", "module", "import", "default"] },
        build: {
          target: "es2015",
          emptyOutDir: false,
          sourcemap: true,
          lib: {
            entry: { "shoal-dash": "src/script.ts" },
            formats: ["iife"],
            name: "Shoal",
            fileName: () => "shoal-dash.js",
          },
        },
      }
    : {
        plugins: plugIns(),
        build: {
          target: "es2020",
          emptyOutDir: false,
          sourcemap: true,
          minify: false,
          lib: { entry: { index: "src/index.ts" }, formats: ["es"] },
          rollupOptions: { external: [/^@shoal\//] },
        },
      },
);
