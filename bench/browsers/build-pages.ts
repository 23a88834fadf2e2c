import { fileURLToPath } from "node:url";
import { build } from "vite";
import { PAGES } from "./players.ts";

/** Builds a page for each kind of player into a folder: none of them loads another's code. */
export async function buildPages(outDir: string): Promise<void> {
  for (const mode of PAGES) {
    await build({
      configFile: fileURLToPath(new URL("./vite.config.ts", import.meta.url)),
      mode,
      logLevel: "error",
      define: { "process.env.NODE_ENV": '"production"' },
      build: { outDir, emptyOutDir: false, reportCompressedSize: false },
    });
  }
}
