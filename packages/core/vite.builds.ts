import type { UserConfig } from "vite";
import { meshFromScript, plugIns } from "./vite.plug-ins.ts";

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

/**
 * A script-tag build in ES2015. A script cannot split itself: what playback does not need is another script,
 * `shoal-mesh.js`, which the plug-ins load from beside themselves.
 *
 * @param name of the file, without its ending
 * @param global what the page finds it under
 */
export const scriptBuild = (name: string, global: string, entry: string): UserConfig => ({
  plugins: [...plugIns(), meshFromScript()],
  resolve: { conditions: ["@shoal/source", "browser", "module", "import", "default"] },
  build: {
    target: "es2015",
    emptyOutDir: false,
    sourcemap: true,
    lib: { entry: { [name]: entry }, formats: ["iife"], name: global, fileName: () => `${name}.js` },
  },
});
