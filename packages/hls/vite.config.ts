import { defineConfig } from "vite";
import { esmBuild, scriptBuild } from "../core/vite.builds.ts";

/** `npm run build` makes the ESM build; `--mode script` the script-tag build. */
export default defineConfig(({ mode }) =>
  mode === "script"
    ? scriptBuild("shoal-hls", "Shoal", "src/script.ts")
    : esmBuild({ index: "src/index.ts" }, [/^hls\.js/]),
);
