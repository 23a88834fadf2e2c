import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { applyCut, type Cut, cutFor } from "./cuts/cut.ts";
import { simplePeerCuts } from "./cuts/simple-peer.ts";
import { socketIoCuts } from "./cuts/socket-io.ts";

const standIn = (name: string): string => fileURLToPath(new URL(`./src/mesh/stand-ins/${name}`, import.meta.url));

/** What a dependency imports, by the package that imports it, and the small module it gets instead. */
const REPLACED: readonly { readonly importer: RegExp; readonly source: RegExp; readonly by: string }[] = [
  { importer: /\/simple-peer\//, source: /^readable-stream$/, by: standIn("stream.ts") },
  { importer: /\/simple-peer\//, source: /^err-code$/, by: standIn("err-code.ts") },
];

const CUTS: readonly Cut[] = [...simplePeerCuts, ...socketIoCuts];

/**
 * simple-peer without Node's streams and buffers, socket.io-client without what Shoal does not use: what a browser
 * is sent shrinks by some 33 KB gzip, and integrators need no polyfills.
 */
export function standIns(): Plugin {
  return {
    name: "shoal:stand-ins",
    enforce: "pre",
    resolveId(source, importer = "") {
      return REPLACED.find((entry) => entry.importer.test(importer) && entry.source.test(source))?.by ?? null;
    },
    transform(code, id) {
      const cut = cutFor(id, CUTS);
      if (cut) return { code: applyCut(code, cut), map: null, moduleSideEffects: cut.package === "simple-peer" };
      // Their packages do not say that a module nobody uses can be left out; it can.
      return /\/(engine|socket)\.io-(client|parser)\//.test(id) ? { code, map: null, moduleSideEffects: false } : null;
    },
  };
}

const OURS = /\/packages\/[^/]+\/src\/.*\.ts$/;
/** `#name` as a member or in a declaration; a `#` inside our texts is never followed by a letter. */
const PRIVATE_NAME = /#([a-z]\w*)/g;

/** Short names for the private ones of all browser packages, the same in every build: those used most are shortest. */
function shortNames(): ReadonlyMap<string, string> {
  const packages = fileURLToPath(new URL("..", import.meta.url));
  const uses = new Map<string, number>();
  for (const file of readdirSync(packages, { recursive: true, encoding: "utf8" }).sort()) {
    if (file.includes("node_modules") || !OURS.test(`/packages/${file.replaceAll("\\", "/")}`)) continue;
    for (const [, name = ""] of readFileSync(join(packages, file), "utf8").matchAll(PRIVATE_NAME)) {
      uses.set(name, (uses.get(name) ?? 0) + 1);
    }
  }
  const names = [...uses.keys()].sort((a, b) => (uses.get(b) ?? 0) - (uses.get(a) ?? 0) || (a < b ? -1 : 1));
  return new Map(names.map((name, at) => [name, `_${at.toString(36)}`]));
}

/**
 * `#private` names as plain properties. ES2020 has none, and lowering them to WeakMaps costs a fifth of the bytes and
 * time on every access; TypeScript has checked already that nobody reaches in. No class repeats a
 * private name of the one it extends.
 */
function privateNames(): Plugin {
  const short = shortNames();
  return {
    name: "shoal:private-names",
    enforce: "pre",
    transform(code, id) {
      return OURS.test(id)
        ? { code: code.replace(PRIVATE_NAME, (_all, name: string) => short.get(name) ?? `_${name}`), map: null }
        : null;
    },
  };
}

/** Script-tag builds load the mesh as a script, not as a module. */
export function meshFromScript(): Plugin {
  return {
    name: "shoal:mesh-from-script",
    enforce: "pre",
    resolveId(source) {
      return source === "./load-mesh.ts" ? fileURLToPath(new URL("./src/load-mesh-script.ts", import.meta.url)) : null;
    },
  };
}

/** What every build of the browser packages goes through. */
export const plugIns = (): Plugin[] => [standIns(), privateNames()];
