import { defineConfig } from "vite";
import { esmBuild, scriptBuild } from "./vite.builds.ts";

/** `npm run build` makes the ESM build; `--mode script` what the plug-ins' script-tag builds load late. */
export default defineConfig(({ mode }) =>
  mode === "script"
    ? scriptBuild("shoal-mesh", "ShoalMesh", "src/mesh/script.ts")
    : esmBuild({ index: "src/index.ts", "testing/index": "src/testing/index.ts" }),
);
