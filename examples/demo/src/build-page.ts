import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Builds the demo's pages into a folder. */
export async function buildPage(outDir: string): Promise<void> {
  await build({
    configFile: fileURLToPath(new URL("../vite.config.ts", import.meta.url)),
    logLevel: "error",
    build: { outDir, emptyOutDir: true, reportCompressedSize: false },
  });
}
