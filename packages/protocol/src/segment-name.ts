/** Bytes `first` to `last` of a resource, both inclusive, as a playlist or manifest says them. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const ABSOLUTE = /^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*/i;

/** The path of a URL without scheme, host, query and fragment; percent-escapes stay as they are. */
export function pathOf(url: string): string {
  const withoutHost = url.replace(ABSOLUTE, "");
  const end = withoutHost.search(/[?#]/);
  const path = end < 0 ? withoutHost : withoutHost.slice(0, end);
  return path.startsWith("/") ? path : `/${path}`;
}

/** The media base of a manifest: its path up to and including the last slash. */
export function mediaBaseOf(manifestUrl: string): string {
  const path = pathOf(manifestUrl);
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** The content id an integrator did not give: the manifest's path without its extension. */
export function contentIdOf(manifestUrl: string): string {
  const path = pathOf(manifestUrl);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return (dot > 0 ? path.slice(0, path.length - name.length + dot) : path).slice(1);
}

/**
 * The name of a segment: its path relative to the media base, without query, then `#first-last` where it is a byte
 * range. The same CMAF file has the same name on every host, in HLS and in DASH.
 *
 * @param url absolute, or a path that starts with `/`
 * @param mediaBase a path that ends with `/`; a segment outside of it keeps its whole path, with the leading slash
 */
export function segmentName(url: string, mediaBase: string, range?: ByteRange): string {
  const path = pathOf(url);
  const name = path.startsWith(mediaBase) ? path.slice(mediaBase.length) : path;
  return range ? `${name}#${range.first}-${range.last}` : name;
}
