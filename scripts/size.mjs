// Builds the smallest page that uses each plug-in and weighs what it must load, against a budget.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { plugIns } from "../packages/core/vite.plug-ins.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const BUDGET = { startUpKb: 10, allKb: 40 };

/** @returns gzip sizes in KB of what loads before playback, and of everything, without the player */
async function weigh(source) {
  const dir = await mkdtemp(join(root, "node_modules/.size-"));
  try {
    await writeFile(join(dir, "page.ts"), source);
    const result = await build({
      root: dir,
      logLevel: "silent",
      configFile: false,
      plugins: plugIns(),
      resolve: { conditions: ["@shoal/source", "browser", "module", "import", "default"] },
      build: { write: false, target: "es2020", modulePreload: false, rollupOptions: { input: join(dir, "page.ts") } },
    });
    const chunks = result.output.filter(({ type }) => type === "chunk");
    const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
    const startUp = new Set();
    const visit = (name) => {
      if (startUp.has(name)) return;
      startUp.add(name);
      for (const next of byName.get(name)?.imports ?? []) visit(next);
    };
    for (const chunk of chunks) if (chunk.isEntry) visit(chunk.fileName);
    const kb = (chunk) => gzipSync(chunk.code, { level: 9 }).length / 1024;
    const sum = (list) => list.reduce((total, chunk) => total + kb(chunk), 0);
    return { startUpKb: sum(chunks.filter(({ fileName }) => startUp.has(fileName))), allKb: sum(chunks) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const sizes = await weigh(`import { withShoal } from "@shoal/hls"; globalThis.withShoal = withShoal;`);
let failed = false;
for (const [name, budget] of Object.entries(BUDGET)) {
  const over = sizes[name] > budget;
  failed ||= over;
  console.log(
    `size  @shoal/hls ${name.padEnd(9)} ${sizes[name].toFixed(1).padStart(5)} of ${budget} KB gzip${over ? "  OVER BUDGET" : ""}`,
  );
}
process.exitCode = failed ? 1 : 0;
