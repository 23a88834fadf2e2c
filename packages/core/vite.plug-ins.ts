import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const standIn = (name: string): string => fileURLToPath(new URL(`./src/mesh/stand-ins/${name}`, import.meta.url));

/** What a dependency imports, by the package that imports it, and the small module it gets instead. */
const REPLACED: readonly { readonly importer: RegExp; readonly source: RegExp; readonly by: string }[] = [
  { importer: /\/simple-peer\//, source: /^readable-stream$/, by: standIn("stream.ts") },
  { importer: /\/simple-peer\//, source: /^debug$/, by: standIn("debug.cjs") },
  { importer: /\/simple-peer\//, source: /^buffer$/, by: standIn("buffer.ts") },
  { importer: /\/simple-peer\//, source: /^randombytes$/, by: standIn("random-bytes.cjs") },
];

const TRANSPORTS = /\/engine\.io-client\/build\/[^/]+\/transports\/index\.js$/;
/** engine.io-client's list of transports, cut to the one that Shoal speaks. */
const WEBSOCKET_ONLY = `import { WS } from "./websocket.node.js"; export const transports = { websocket: WS };`;

/**
 * simple-peer without Node's streams and buffers, socket.io-client without long polling: what a browser is sent shrinks
 * by some 25 KB gzip, and integrators need no polyfills.
 */
export function standIns(): Plugin {
  return {
    name: "shoal:stand-ins",
    enforce: "pre",
    resolveId(source, importer = "") {
      return REPLACED.find((entry) => entry.importer.test(importer) && entry.source.test(source))?.by ?? null;
    },
    load(id) {
      return TRANSPORTS.test(id) ? WEBSOCKET_ONLY : null;
    },
    transform(code, id) {
      // Their packages do not say that a module nobody uses can be left out; it can.
      return /\/(engine|socket)\.io-client\//.test(id) ? { code, map: null, moduleSideEffects: false } : null;
    },
  };
}

const OURS = /\/packages\/[^/]+\/src\/.*\.ts$/;
/** `#name` as a member or in a declaration; a `#` inside our texts is never followed by a letter. */
const PRIVATE_NAME = /#(?=[a-z])/g;

/**
 * `#private` names as plain properties. ES2020 has none, and lowering them to WeakMaps costs a fifth of the bytes and
 * time on every access; TypeScript has checked already that nobody reaches in.
 */
function privateNames(): Plugin {
  return {
    name: "shoal:private-names",
    enforce: "pre",
    transform(code, id) {
      return OURS.test(id) ? { code: code.replace(PRIVATE_NAME, "_"), map: null } : null;
    },
  };
}

/** What every build of the browser packages goes through. */
export const plugIns = (): Plugin[] => [standIns(), privateNames()];
