import { defineConfig } from "vite";
import { esmBuild } from "./vite.builds.ts";

export default defineConfig(esmBuild({ index: "src/index.ts", "testing/index": "src/testing/index.ts" }));
