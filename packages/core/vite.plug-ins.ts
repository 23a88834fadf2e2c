import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { applyCut, type Cut, cutFor } from "./cuts/cut.ts";
import { shortenPrivateNames } from "./cuts/private-names.ts";
import { dropReasons } from "./cuts/reasons.ts";
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

/** Our own sources: `#private` names as short, plain properties, refusals without their sentences. */
function shortened(): Plugin {
  return {
    name: "shoal:shortened",
    enforce: "pre",
    transform: (code, id) => (OURS.test(id) ? { code: dropReasons(shortenPrivateNames(code)), map: null } : null),
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
export const plugIns = (): Plugin[] => [standIns(), shortened()];
