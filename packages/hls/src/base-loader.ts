import { type Asked, answerOf, type CdnSink, type CdnTask, unplaced } from "@shoal/core";
import type {
  FragmentLoaderContext,
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderContext,
  LoaderStats,
} from "hls.js";
import { copyStats, freshStats } from "./loader-stats.ts";

/** Loads one fragment over HTTP, as the player alone would. */
export type BaseLoader = Loader<FragmentLoaderContext>;

/** The class of a {@link BaseLoader}. */
export type BaseLoaderClass = new (config: HlsConfig) => BaseLoader;

/** What a CDN request came to, in the words of hls.js' loader callbacks. Opaque to the engine. */
export type HttpOutcome =
  | { readonly kind: "error"; readonly arguments: Parameters<LoaderCallbacks<LoaderContext>["onError"]> }
  | { readonly kind: "timeout"; readonly arguments: Parameters<LoaderCallbacks<LoaderContext>["onTimeout"]> };

/** What a response said besides its bytes. */
export interface SeenResponse {
  readonly url: string;
  readonly code: number | undefined;
  readonly networkDetails: unknown;
}

/** A request for a segment or a part of it. */
export interface BaseRequest {
  readonly context: FragmentLoaderContext;
  readonly config: LoaderConfiguration;
  readonly asked: Asked;
  readonly seen?: (response: SeenResponse) => void;
}

/** How often a request is looked at: hls.js' loaders say how far they are through their statistics alone. */
const LOOK_MS = 100;

/** Drives one loader of the player's as a CDN request. The sink hears nothing before this returns. */
export function requestThrough(base: BaseLoader, request: BaseRequest, sink: CdnSink): CdnTask {
  const { context, config, asked } = request;
  const { stats } = base;
  let state: "starting" | "under-way" | "ended" = "starting";
  let loaded = 0;
  const looking = setInterval(() => {
    if (stats.loaded === loaded) return;
    loaded = stats.loaded;
    sink.progress(loaded, stats.total || null);
  }, LOOK_MS);
  const finish = (): void => {
    state = "ended";
    clearInterval(looking);
  };
  const end = (report: () => void): void => {
    if (state === "ended") return;
    const begun = state === "under-way";
    const last = (): void => {
      if (state === "ended") return;
      finish();
      report();
    };
    if (begun) last();
    else Promise.resolve().then(last);
  };
  const callbacks: LoaderCallbacks<FragmentLoaderContext> = {
    onSuccess: (response, finalStats, _context, networkDetails) =>
      end(() => {
        copyStats(finalStats, stats);
        const bytes = bufferOf(response.data);
        if (!bytes) {
          sink.failed(errorOf("The loader gave something other than bytes.", context, networkDetails, finalStats));
          return;
        }
        request.seen?.({ url: response.url, code: response.code, networkDetails });
        const answer = answerOf(bytes, statusOf(response.code, networkDetails), asked);
        if (answer) sink.done(answer);
        else if (asked.part)
          sink.failed(errorOf("The answer is of another range.", context, networkDetails, finalStats));
        else sink.done(unplaced(bytes));
      }),
    onError: (...outcome) => {
      const { code } = outcome[0];
      const passing = code === 0 || code === 408 || code === 429 || code >= 500;
      end(() => sink.failed({ kind: "error", arguments: outcome } as HttpOutcome, passing));
    },
    onTimeout: (...outcome) => end(() => sink.failed({ kind: "timeout", arguments: outcome } as HttpOutcome, true)),
    onAbort: finish,
  };
  try {
    base.load(context, config, callbacks);
  } catch (error) {
    end(() => sink.failed(errorOf(error instanceof Error ? error.message : String(error), context, null, stats)));
  }
  if (state === "starting") state = "under-way";
  return {
    abort: () => {
      if (state === "ended") return;
      finish();
      abandon(base);
    },
  };
}

/** Ends a loader whose statistics go on to be the player's: from here on it writes into an object that nobody reads. */
function abandon(base: BaseLoader): void {
  try {
    base.stats = freshStats();
  } catch {
    // Some loaders show their statistics through a getter alone.
  }
  base.destroy();
}

function errorOf(
  text: string,
  context: FragmentLoaderContext,
  networkDetails: unknown,
  stats: LoaderStats,
): HttpOutcome {
  return { kind: "error", arguments: [{ code: 0, text }, context, networkDetails, stats] } as HttpOutcome;
}

/** The bytes of a response; an ArrayBuffer may be another frame's, so its class says nothing. */
function bufferOf(data: unknown): ArrayBuffer | null {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer;
  return Object.prototype.toString.call(data) === "[object ArrayBuffer]" ? (data as ArrayBuffer) : null;
}

function statusOf(code: number | undefined, networkDetails: unknown): number {
  if (code !== undefined) return code;
  const status = (networkDetails as { readonly status?: unknown } | null)?.status;
  return typeof status === "number" ? status : 0;
}
