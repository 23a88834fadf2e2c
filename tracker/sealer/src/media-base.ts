import { accept, contentIdOf, pathOf, type Result, refuse } from "@shoal/protocol";

/** Encoded dots, slashes and backslashes: what a server may read as another path than we do. */
const DISGUISED = /%(2e|2f|5c)|\\/i;

/**
 * A URL that the sealer may read: on the prefix' host and below its path.
 *
 * @param prefix ends with a slash, such as `https://cdn.example/live/`
 * @returns the URL without fragment, or `null`
 */
export function allowedUrl(url: string, prefix: string): string | null {
  let parsed: URL;
  let base: URL;
  try {
    base = new URL(prefix);
    parsed = new URL(url, base);
  } catch {
    return null;
  }
  if (parsed.origin !== base.origin || parsed.username !== "" || parsed.password !== "") return null;
  // `new URL` resolves dot segments, encoded ones too: what is compared is where the request would really go.
  if (!parsed.pathname.startsWith(base.pathname) || DISGUISED.test(parsed.pathname)) return null;
  parsed.hash = "";
  return parsed.href;
}

/**
 * The URL of a manifest that a viewer named. Nothing of it is believed: the host and the base are the operator's, and
 * the path must be the one that gives the swarm's content id.
 */
export function manifestUrlFor(
  manifest: string,
  contentId: string,
  prefix: string,
): Result<string, "unsealed" | "refused"> {
  const path = pathOf(manifest);
  if (contentIdOf(path) !== contentId) {
    return refuse("unsealed", `The content id is not the path of a manifest: name its manifest in SHOAL_STREAMS.`);
  }
  if (path.split("/").some((part) => part === ".." || part === ".") || DISGUISED.test(path)) {
    return refuse("refused", "The manifest's path has dots or encoded slashes.");
  }
  // A path that starts with two slashes would be read as a host.
  const url = path.startsWith("//") ? null : allowedUrl(path, prefix);
  return url === null ? refuse("unsealed", "The manifest is not below SHOAL_MEDIA_BASE.") : accept(url);
}
