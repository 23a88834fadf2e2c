import { readFile, realpath } from "node:fs/promises";
import { extname, join, resolve, sep } from "node:path";
import { bytesResource, type Resource } from "./resource.ts";

/** A built web page to serve beside the streams. */
export interface StaticPages {
  /** Where it stands in URLs, such as `/` or `/demo/`. */
  readonly mount: string;
  /** The folder with its files. */
  readonly dir: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** The file behind a URL's path, `index.html` for a folder; undefined where there is none or it lies outside. */
export async function pageAt(path: string, pages: readonly StaticPages[]): Promise<Resource | undefined> {
  for (const { mount, dir } of pages) {
    const prefix = mount.endsWith("/") ? mount : `${mount}/`;
    if (!`${path}/`.startsWith(prefix)) continue;
    const page = await fileIn(dir, path.slice(prefix.length));
    if (page !== undefined) return page;
  }
  return undefined;
}

async function fileIn(dir: string, relative: string): Promise<Resource | undefined> {
  try {
    const root = await realpath(dir);
    const name = decodeURIComponent(relative);
    const wanted = resolve(root, `.${sep}${name === "" || name.endsWith("/") ? join(name, "index.html") : name}`);
    // Links are followed first, so that none leads out of the folder.
    const file = await realpath(wanted);
    if (!file.startsWith(root + sep)) return undefined;
    const contentType = contentTypes[extname(file).toLowerCase()] ?? "application/octet-stream";
    return bytesResource("manifest", contentType, await readFile(file));
  } catch {
    return undefined;
  }
}
