import type { UserConfig } from "vite";
import { plugIns } from "./vite.plug-ins.ts";

/** A package's ESM build; what it imports of other packages stays outside. */
export const esmBuild = (entry: Record<string, string>, external: readonly RegExp[] = []): UserConfig => ({
  plugins: plugIns(),
  build: {
    target: "es2020",
    emptyOutDir: false,
    sourcemap: true,
    minify: false,
    lib: { entry, formats: ["es"] },
    rollupOptions: { external: [/^@shoal\//, ...external] },
  },
});

/** A plug-in's script-tag build, with everything in it. */
export const scriptBuild = (name: string): UserConfig => ({
  plugins: plugIns(),
  resolve: { conditions: ["@shoal/source", "browser", "module", "import", "default"] },
  build: {
    target: "es2015",
    emptyOutDir: false,
    sourcemap: true,
    lib: { entry: { [name]: "src/script.ts" }, formats: ["iife"], name: "Shoal", fileName: () => `${name}.js` },
  },
});
