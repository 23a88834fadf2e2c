#!/usr/bin/env node
/**
 * Puts an app together in a folder that the vendor's tool packs: `tizen package -t wgt -- OUT/tizen`, `ares-package OUT/webos`.
 *
 *   node examples/tv/pack.mjs [OUT] [--settings FILE.js]      after `npm run build`; OUT is examples/tv/dist
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const home = fileURLToPath(new URL(".", import.meta.url));
const require = createRequire(import.meta.url);
/** Where a package's files lie, wherever npm put it. */
const folderOf = (name) =>
  require.resolve
    .paths(name)
    .map((path) => join(path, name))
    .find((path) => existsSync(path));

/** What an app is made of beside its page and what the vendor asks for. */
const SCRIPTS = {
  "hls.min.js": ["hls.js", "dist/hls.min.js"],
  "shoal-stub.js": ["@shoal/stub", "dist/shoal-stub.js"],
  "shoal-hls.js": ["@shoal/hls", "dist/shoal-hls.js"],
  "shoal-mesh.js": ["@shoal/hls", "dist/shoal-mesh.js"],
};
export const VENDORS = ["tizen", "webos"];

/** Makes OUT/tizen and OUT/webos. @param settings a file that takes the place of `settings.js` @returns their folders */
export function pack(out, settings = join(home, "page/settings.js")) {
  return VENDORS.map((vendor) => {
    const folder = join(out, vendor);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    cpSync(join(home, "page"), folder, { recursive: true });
    cpSync(join(home, vendor), folder, { recursive: true });
    for (const [name, [from, path]] of Object.entries(SCRIPTS))
      copyFileSync(join(folderOf(from), path), join(folder, name));
    copyFileSync(settings, join(folder, "settings.js"));
    return folder;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ options: { settings: { type: "string" } }, allowPositionals: true });
  for (const folder of pack(positionals[0] ?? join(home, "dist"), values.settings)) console.log(folder);
}
