import { loadMedia, type Rendition } from "./media.ts";

/** The bundled loop, read once for all tests of a file. */
export const media = await loadMedia();

/** A rendition of the bundled loop by name. */
export function rendition(name: string): Rendition {
  const found = media.renditions.find((one) => one.name === name);
  if (found === undefined) throw new Error(`The bundled loop has no rendition ${name}.`);
  return found;
}
