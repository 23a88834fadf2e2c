import type { ByteRange } from "@shoal/protocol/names";
import type { HlsConfig, LevelDetails, Loader, LoaderConfiguration, LoaderContext } from "hls.js";

/** A segment that a playlist lists behind the last one that hls.js knows. */
export interface FurtherSegment {
  readonly url: string;
  readonly range: ByteRange | null;
  readonly durationMs: number;
}

/** With any of these behind the known end, what follows is another story, for hls.js to tell. */
const BREAKS = /^#EXT-X-(?:DISCONTINUITY$|MAP:|KEY:|GAP$|ENDLIST$|SKIP:)/;

/**
 * The plain segments that follow what hls.js knows, in the text of a media playlist.
 *
 * @param url of the playlist
 * @param lastNumber media sequence number of the last segment that is known
 * @param lastEnd the last known segment's first byte beyond, where it is part of a file
 */
export function furtherSegments(
  text: string,
  url: string,
  lastNumber: number,
  lastEnd: number | null = null,
): FurtherSegment[] {
  const found: FurtherSegment[] = [];
  if (!text.startsWith("#EXTM3U")) return found;
  let number = 0;
  let durationMs = 0;
  let byteRange: string | null = null;
  let nextByte = lastEnd;
  for (const line of text.split(/\r?\n/)) {
    const [, name = "", value = ""] = /^#(EXT[A-Z-]*):?(.*)/.exec(line) ?? [];
    if (name === "EXT-X-MEDIA-SEQUENCE") number = Number(value);
    else if (name === "EXTINF") durationMs = Number.parseFloat(value) * 1000;
    else if (name === "EXT-X-BYTERANGE") byteRange = value;
    else if (number > lastNumber && BREAKS.test(line)) break;
    if (line.startsWith("#") || line.trim() === "") continue;
    if (number++ > lastNumber) {
      const range = byteRange === null ? null : rangeOf(byteRange, nextByte);
      if (byteRange !== null && !range) break;
      if (!(durationMs > 0)) break;
      found.push({ url: new URL(line.trim(), url).href, range, durationMs });
      nextByte = range ? range.last + 1 : null;
    }
    byteRange = null;
  }
  return found;
}

/** `length[@offset]`; without an offset it goes on where the one before ended. */
function rangeOf(value: string, nextByte: number | null): ByteRange | null {
  const [, length, offset] = /^(\d+)(?:@(\d+))?/.exec(value) ?? [];
  const first = offset === undefined ? nextByte : Number(offset);
  if (length === undefined || first === null || Number(length) === 0) return null;
  return { first, last: first + Number(length) - 1 };
}

/** Reads a media playlist once, through the player's own playlist loader. Failures are nobody's business. */
export function readFreshPlaylist(
  config: HlsConfig,
  { url }: Pick<LevelDetails, "url">,
  type: "level" | "audioTrack",
  done: (text: string) => void,
): void {
  const { default: policy } = config.playlistLoadPolicy;
  const settings: LoaderConfiguration = {
    loadPolicy: { ...policy, errorRetry: null, timeoutRetry: null },
    timeout: policy.maxLoadTimeMs,
    maxRetry: 0,
    retryDelay: 0,
    maxRetryDelay: 0,
  };
  const context = { url, type, responseType: "text", level: 0, id: 0, groupId: null, deliveryDirectives: null };
  try {
    const loader = new (config.pLoader ?? config.loader)(config) as unknown as Loader<LoaderContext>;
    const end = (): void => loader.destroy();
    loader.load(context as unknown as LoaderContext, settings, {
      onSuccess: ({ data }) => {
        end();
        if (typeof data === "string") done(data);
      },
      onError: end,
      onTimeout: end,
    });
  } catch {
    // A loader of the integrator's that cannot do this: the player's own reload brings the news.
  }
}
