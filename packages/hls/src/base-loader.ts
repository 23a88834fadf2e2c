import type { CdnAnswer, CdnSink, CdnTask } from "@shoal/core";
import type { ByteRange } from "@shoal/protocol";
import type {
  FragmentLoaderContext,
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderContext,
  LoaderStats,
} from "hls.js";

/** The class the player asks the CDN with: the integrator's `fLoader` or `loader`, else hls.js' own. */
export type BaseLoaderClass = new (config: HlsConfig) => Loader<FragmentLoaderContext>;

/** What a CDN request came to, in the words of hls.js' loader callbacks. Opaque to the engine. */
export type HttpOutcome =
  | { readonly kind: "error"; readonly arguments: Parameters<LoaderCallbacks<LoaderContext>["onError"]> }
  | { readonly kind: "timeout"; readonly arguments: Parameters<LoaderCallbacks<LoaderContext>["onTimeout"]> };

/** A fresh statistics object in the shape hls.js expects. */
export function freshStats(): LoaderStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  };
}

/** Makes a statistics object fit for a loader that insists on being used once. */
export function rewind(stats: LoaderStats): void {
  stats.loading.start = stats.loading.first = stats.loading.end = 0;
  stats.loaded = stats.total = 0;
  stats.aborted = false;
}

/** Drives one loader of the player's as a CDN request. */
export function requestThrough(
  base: Loader<FragmentLoaderContext>,
  context: FragmentLoaderContext,
  config: LoaderConfiguration,
  asked: { readonly segmentRange: ByteRange | null; readonly part: ByteRange | null },
  sink: CdnSink,
  seen: (response: SeenResponse) => void = () => {},
): CdnTask {
  let ended = false;
  const { stats } = base;
  const end = (): boolean => {
    if (ended) return false;
    ended = true;
    return true;
  };
  const callbacks: LoaderCallbacks<FragmentLoaderContext> = {
    onSuccess: (response, finalStats, finalContext, networkDetails) => {
      if (!end()) return;
      copyStats(finalStats, stats);
      seen({ url: response.url, code: response.code, networkDetails, context: finalContext });
      if (!(response.data instanceof ArrayBuffer)) {
        sink.failed({
          kind: "error",
          arguments: [{ code: 0, text: "not binary" }, context, networkDetails, finalStats],
        });
        return;
      }
      sink.done(answerOf(response.data, response.code, asked));
    },
    onError: (...outcome) => {
      if (end()) sink.failed({ kind: "error", arguments: outcome } as HttpOutcome);
    },
    onTimeout: (...outcome) => {
      if (end()) sink.failed({ kind: "timeout", arguments: outcome } as HttpOutcome);
    },
    onAbort: () => {
      ended = true;
    },
  };
  base.load(context, config, callbacks);
  return {
    abort: () => {
      if (!end()) return;
      // From here on the loader writes into an object that nobody reads: the player's may go on to be used.
      base.stats = freshStats();
      base.destroy();
    },
  };
}

/** What a response said besides its bytes. */
export interface SeenResponse {
  readonly url: string;
  readonly code: number | undefined;
  readonly networkDetails: unknown;
  readonly context: FragmentLoaderContext;
}

/** Reads what came: a part, or the whole where the server does not take ranges. */
export function answerOf(
  bytes: ArrayBuffer,
  code: number | undefined,
  asked: { readonly segmentRange: ByteRange | null; readonly part: ByteRange | null },
): CdnAnswer {
  const { segmentRange, part } = asked;
  const segmentLength = segmentRange ? segmentRange.last - segmentRange.first + 1 : null;
  if (segmentRange && code === 200 && bytes.byteLength > (part ? part.last - part.first + 1 : (segmentLength ?? 0))) {
    const own = bytes.slice(segmentRange.first, segmentRange.last + 1);
    return { bytes: own, offset: 0, totalBytes: segmentLength, whole: true };
  }
  const isPart =
    part !== null &&
    (code === 206 || bytes.byteLength === part.last - part.first + 1) &&
    !(code === 200 && !segmentRange);
  if (isPart)
    return { bytes, offset: part.first, totalBytes: segmentLength, whole: bytes.byteLength === segmentLength };
  return { bytes, offset: 0, totalBytes: bytes.byteLength, whole: true };
}

/** A loader of the integrator's may keep statistics of its own; the player watches ours. */
function copyStats(from: LoaderStats, to: LoaderStats): void {
  if (from === to) return;
  const { loading, parsing, buffering, ...counters } = from;
  Object.assign(to, counters);
  Object.assign(to.loading, loading);
  Object.assign(to.parsing, parsing);
  Object.assign(to.buffering, buffering);
}
