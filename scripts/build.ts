// `npm run build`: types by tsc, browser packages by Vite, everything into each package's dist.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { minify } from "terser";
import { build } from "vite";
import { buildPage } from "../e2e/support/build-page.ts";
import { browserPackages, publishedPackages, root } from "./packages.ts";

for (const folder of publishedPackages) rmSync(join(root, folder, "dist"), { recursive: true, force: true });
const types = spawnSync(join(root, "node_modules/.bin/tsc"), ["-b"], { cwd: root, stdio: "inherit" });
if (types.status !== 0) process.exit(types.status ?? 1);
for (const folder of browserPackages) await bundle(folder, "production");
for (const folder of ["packages/core", "packages/hls", "packages/dash"]) await bundle(folder, "script");
// The plug-ins' scripts load these from beside themselves.
for (const plugIn of ["hls", "dash"]) {
  for (const name of ["shoal-mesh.js", "shoal-mesh.js.map"]) {
    copyFileSync(join(root, "packages/core/dist", name), join(root, "packages", plugIn, "dist", name));
  }
}
await buildStub();
await buildPage();
for (const folder of publishedPackages) nameEmittedFiles(join(root, folder, "dist"));

async function bundle(folder: string, mode: string): Promise<void> {
  const home = join(root, folder);
  await build({ root: home, mode, logLevel: "error", configFile: join(home, "vite.config.ts") });
}

/** The one file that every engine must be able to read: ES5, and stays so. */
async function buildStub(): Promise<void> {
  const home = join(root, "packages/stub");
  const source = readFileSync(join(home, "src/shoal-stub.js"), "utf8");
  const { code } = await minify(source, { ecma: 5, ie8: true, toplevel: true });
  mkdirSync(join(home, "dist"), { recursive: true });
  writeFileSync(join(home, "dist/shoal-stub.js"), `${code}\n`);
}

/** tsc leaves `./x.ts` in declarations; outside this checkout the file beside it is `x.js`. */
function nameEmittedFiles(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) nameEmittedFiles(path);
    else if (name.endsWith(".d.ts")) {
      const text = readFileSync(path, "utf8");
      const renamed = text.replace(/((?:from|import\()\s*"\.{1,2}\/[^"]*)\.ts"/g, '$1.js"');
      if (renamed !== text) writeFileSync(path, renamed);
    }
  }
}
