import { accept, type Result, refuse } from "@shoal/protocol";
import { manifestUrlFor } from "./media-base.ts";

/** Where a content's manifest is read, and what may be read for it. */
export interface Source {
  readonly manifestUrl: string;
  /** Only URLs that start like this are read. */
  readonly prefix: string;
  /** Path that segment names are relative to; `null`: the directory of the manifest, after redirects. */
  readonly mediaBase: string | null;
}

/** An entry of `SHOAL_STREAMS`. */
export interface MappedStream {
  readonly manifests: readonly string[];
  /** Path that ends with a slash. */
  readonly mediaBase: string | null;
}

/** `SHOAL_STREAMS`, by content id. */
export type StreamMap = Readonly<Record<string, MappedStream>>;

/** Where to read a content: what the operator mapped, else what viewers named, below the operator's base. */
export class Sources {
  readonly #prefix: string;
  readonly #streams: StreamMap;

  /** @param prefix `SHOAL_MEDIA_BASE`, or `""` */
  constructor(prefix: string, streams: StreamMap) {
    this.#prefix = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
    this.#streams = streams;
  }

  /** The same, for a content that lies below a base of its own. */
  below(mediaBase: string | null): Sources {
    return mediaBase === null ? this : new Sources(mediaBase, this.#streams);
  }

  /** @param manifests paths that viewers named */
  of(contentId: string, manifests: readonly string[]): Result<readonly Source[], "unsealed" | "refused"> {
    const mapped = Object.hasOwn(this.#streams, contentId) ? this.#streams[contentId] : undefined;
    if (mapped) {
      return accept(
        mapped.manifests.map((manifestUrl) => ({
          manifestUrl,
          prefix: manifestUrl.startsWith(this.#prefix) && this.#prefix !== "" ? this.#prefix : rootOf(manifestUrl),
          mediaBase: mapped.mediaBase,
        })),
      );
    }
    if (this.#prefix === "") return refuse("unsealed", "SHOAL_MEDIA_BASE is not set: nothing says what may be read.");
    const sources: Source[] = [];
    let refusal: ReturnType<typeof refuse<"unsealed" | "refused">> | null = null;
    for (const manifest of manifests) {
      const url = manifestUrlFor(manifest, contentId, this.#prefix);
      if (!url.ok) refusal ??= url;
      else sources.push({ manifestUrl: url.value, prefix: this.#prefix, mediaBase: null });
    }
    if (sources.length > 0) return accept(sources);
    return refusal ?? refuse("unsealed", "No viewer named its manifest.");
  }
}

const rootOf = (url: string): string => new URL("/", url).href;

/** Checks `SHOAL_STREAMS`. @returns `undefined` where it is not one */
export function readStreamMap(value: unknown): StreamMap | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const streams: Record<string, MappedStream> = {};
  for (const [contentId, entry] of Object.entries(value)) {
    const { manifests, mediaBase = null } = (entry ?? {}) as { manifests?: unknown; mediaBase?: unknown };
    if (!Array.isArray(manifests) || !manifests.every((url) => typeof url === "string" && URL.canParse(url))) {
      return undefined;
    }
    if (mediaBase !== null && (typeof mediaBase !== "string" || !/^\/(.*\/)?$/.test(mediaBase))) return undefined;
    streams[contentId] = { manifests, mediaBase };
  }
  return streams;
}
