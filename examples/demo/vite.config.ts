import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { plugIns } from "../../packages/core/vite.plug-ins.ts";

const page = (name: string): string => fileURLToPath(new URL(`./page/${name}`, import.meta.url));

/** The demo's two pages, from source; whoever builds says where to. */
export default defineConfig({
  root: page(""),
  base: "./",
  plugins: plugIns(),
  resolve: { conditions: ["@shoal/source", "browser", "module", "import", "default"] },
  build: {
    target: "es2022",
    modulePreload: false,
    rollupOptions: { input: { index: page("index.html"), viewer: page("viewer.html") } },
  },
});
