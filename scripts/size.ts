// Builds the smallest page that uses each plug-in and weighs what it must load, against a budget.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Plugin, type Rollup } from "vite";
import { plugIns } from "../packages/core/vite.plug-ins.ts";
import { root, scripts } from "./packages.ts";

/**
 * dash.js tells its segment list to nobody: the plug-in that reads it is larger. The aim for hls.js is 36 in all: what came
 * since (the device's rules, the probe, the NAT's class, shorter signals, what spreads a segment sooner, the player's
 * patience) has yet to be won back.
 */
const BUDGETS_KB = { "@shoal/hls": { startUp: 10, all: 37.9 }, "@shoal/dash": { startUp: 10, all: 39.6 } };

interface Sizes {
  readonly startUp: number;
  readonly all: number;
}

const NODE_POLYFILL =
  /node_modules\/(buffer|events|process|readable-stream|stream-browserify|util|randombytes|debug)\//;

/** Vite's own wrapper of `import()` preloads style sheets; it is the page's, not ours. */
const plainImports: Plugin = {
  name: "size:plain-imports",
  enforce: "post",
  load: (id) => (id.includes("vite/preload-helper") ? "export const __vitePreload = (load) => load();" : null),
};

/** Gzip sizes in KB of what loads before playback, and of everything, without the player. */
async function weigh(source: string): Promise<Sizes> {
  const dir = await mkdtemp(join(root, "node_modules/.size-"));
  try {
    const input = join(dir, "page.ts");
    await writeFile(input, source);
    const result = await build({
      root: dir,
      logLevel: "silent",
      configFile: false,
      plugins: [...plugIns(), plainImports],
      resolve: { conditions: ["@shoal/source", "browser", "module", "import", "default"] },
      build: { write: false, target: "es2020", modulePreload: false, rollupOptions: { input } },
    });
    const chunks = (result as Rollup.RollupOutput).output.filter((file) => file.type === "chunk");
    const polyfills = chunks.flatMap(({ moduleIds }) => moduleIds).filter((id) => NODE_POLYFILL.test(id));
    if (polyfills.length > 0) throw new Error(`Node polyfills in the browser bundle: ${polyfills.join(", ")}`);
    const startUp = startUpChunks(chunks);
    const kb = (list: readonly Rollup.OutputChunk[]): number =>
      list.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length / 1024, 0);
    return { startUp: kb(startUp), all: kb(chunks) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The entries and all they import at once. */
function startUpChunks(chunks: readonly Rollup.OutputChunk[]): Rollup.OutputChunk[] {
  const needed = new Set<string>();
  const visit = (name: string): void => {
    if (needed.has(name)) return;
    needed.add(name);
    for (const next of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) visit(next);
  };
  for (const chunk of chunks) if (chunk.isEntry) visit(chunk.fileName);
  return chunks.filter(({ fileName }) => needed.has(fileName));
}

const STUB_BUDGET_BYTES = 1024;
const stubBytes = gzipSync(readFileSync(join(root, scripts.es5[0])), { level: 9 }).length;
if (stubBytes > STUB_BUDGET_BYTES) process.exitCode = 1;
console.log(`size     stub: ${stubBytes} of ${STUB_BUDGET_BYTES} bytes gzip`);
for (const [plugIn, budgets] of Object.entries(BUDGETS_KB)) {
  const sizes = await weigh(`import { withShoal } from "${plugIn}"; (globalThis as { x?: unknown }).x = withShoal;`);
  for (const [name, budgetKb] of Object.entries(budgets) as [keyof Sizes, number][]) {
    const over = sizes[name] > budgetKb;
    if (over) process.exitCode = 1;
    console.log(
      `size     ${plugIn} ${name}: ${sizes[name].toFixed(1)} of ${budgetKb} KB gzip${over ? ": OVER BUDGET" : ""}`,
    );
  }
}
