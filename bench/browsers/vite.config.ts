import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { plugIns } from "../../packages/core/vite.plug-ins.ts";

const page = (name: string): string => fileURLToPath(new URL(`./page/${name}`, import.meta.url));

/** One player's page; the mode names it. Whoever builds says where to. */
export default defineConfig(({ mode }) => ({
  root: page(""),
  base: "./",
  plugins: mode.startsWith("shoal") ? plugIns() : [],
  // p2p-media-loader's own bundle, which brings what it needs of Node.
  resolve: { conditions: ["@shoal/source", "p2pml:core-as-bundle", "browser", "module", "import", "default"] },
  build: { target: "es2022", modulePreload: false, rollupOptions: { input: page(`${mode}.html`) } },
}));
