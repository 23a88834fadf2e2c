import type { Delivery, LoadTask, Pace, Segment, Session } from "@shoal/core";
import type {
  Fragment,
  FragmentLoaderContext,
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderStats,
} from "hls.js";
import {
  type BaseLoader,
  type BaseLoaderClass,
  type HttpOutcome,
  requestThrough,
  type SeenResponse,
} from "./base-loader.ts";
import { rewind, tellRate } from "./loader-stats.ts";

/** What the loader asks of the plug-in it belongs to. */
export interface LoaderOwner {
  readonly session: Pick<Session, "load">;
  /** The segment behind a fragment; null where it must not be shared. */
  segmentOf(fragment: Fragment): Segment | null;
  /** What the player itself thinks the CDN gives, for when the engine knows nothing. */
  pace(): Pace;
  /** A segment of a track is being loaded: it is what the player plays. */
  loads(segment: Segment, fragment: Fragment): void;
}

type Callbacks = LoaderCallbacks<FragmentLoaderContext>;

/**
 * A loader class for hls.js' `fLoader`, bound to one player: media segments go through the engine, all else as before.
 *
 * @param openBase makes the loader that the player alone would use
 */
export function fragmentLoaderClass(
  owner: () => LoaderOwner | null,
  openBase: (config: HlsConfig) => BaseLoader,
): BaseLoaderClass {
  return class ShoalFragmentLoader implements Loader<FragmentLoaderContext> {
    context: FragmentLoaderContext | null = null;
    /** The base loader's own, for life: hls.js takes a reference before `load`, and a loader may not let go of its. */
    readonly stats: LoaderStats;
    readonly #config: HlsConfig;
    #base: BaseLoader | null;
    #plain = false;
    #callbacks: Callbacks | null = null;
    #task: LoadTask | null = null;
    #response: SeenResponse | null = null;

    constructor(config: HlsConfig) {
      this.#config = config;
      this.#base = openBase(config);
      this.stats = this.#base.stats;
    }

    load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
      if (this.stats.loading.start) throw new Error("Loader can only be used once.");
      this.context = context;
      const found = owner();
      const segment = found && this.#sharedSegment(found, context);
      if (!found || !segment) {
        this.#plain = true;
        this.#base?.load(context, config, callbacks);
        return;
      }
      this.#callbacks = callbacks;
      this.stats.loading.start = performance.now();
      found.loads(segment, context.frag);
      this.#task = found.session.load({
        segment,
        fetch: (sink) => {
          rewind(this.stats);
          const asked = { segmentRange: segment.range, part: null };
          const seen = (response: SeenResponse): void => {
            this.#response = response;
          };
          const base = this.#base ?? openBase(this.#config);
          const task = requestThrough(base, { context, config, asked, seen }, sink);
          return {
            abort: () => {
              this.#base = null;
              task.abort();
            },
          };
        },
        sink: {
          progress: (loaded, total) => this.#progress(loaded, total),
          done: (bytes, delivery) => this.#done(bytes, delivery, found, segment),
          failed: (outcome) => this.#failed(outcome as HttpOutcome),
        },
      });
    }

    abort(): void {
      if (this.#plain) return this.#base?.abort();
      const callbacks = this.#callbacks;
      const { context } = this;
      this.#endTask();
      if (context) callbacks?.onAbort?.(this.stats, context, null);
    }

    destroy(): void {
      this.#endTask();
      const base = this.#base;
      this.#base = null;
      this.context = null;
      base?.destroy();
    }

    getCacheAge(): number | null {
      return this.#base?.getCacheAge?.() ?? null;
    }

    getResponseHeader(name: string): string | null {
      return this.#base?.getResponseHeader?.(name) ?? null;
    }

    /** Media of the main player only: no init segments, no LL-HLS parts, no interstitials, no progressive loading. */
    #sharedSegment(found: LoaderOwner, context: FragmentLoaderContext): Segment | null {
      const { frag, part } = context;
      // hls.js 1.5 gives an `onProgress` always, and listens to it only in this case.
      if (this.#config.progressive || part || frag.sn === "initSegment" || isAsset(this.#config)) return null;
      if (frag.type !== "main" && frag.type !== "audio") return null;
      const segment = found.segmentOf(frag);
      return segment && asksExactly(context, segment) ? segment : null;
    }

    #progress(loaded: number, total: number | null): void {
      const { stats } = this;
      stats.loaded = loaded;
      if (total !== null) stats.total = total;
      if (loaded > 0 && stats.loading.first === 0) stats.loading.first = performance.now();
    }

    #done(bytes: ArrayBuffer, delivery: Delivery, found: LoaderOwner, segment: Segment): void {
      const callbacks = this.#callbacks;
      const { context, stats } = this;
      this.#task = null;
      this.#callbacks = null;
      if (!callbacks || !context) return;
      const seen = delivery.plain ? this.#response : null;
      if (!delivery.plain) {
        const own = found.pace();
        tellRate(stats, bytes.byteLength, { ...own, rateBps: delivery.rateBps ?? own.rateBps });
      }
      const code = segment.range ? 206 : 200;
      const response = { url: seen?.url ?? context.url, data: bytes, code: seen?.code ?? code };
      callbacks.onSuccess(response, stats, context, (seen?.networkDetails ?? null) as NetworkDetails);
    }

    #failed(outcome: HttpOutcome): void {
      const callbacks = this.#callbacks;
      this.#task = null;
      this.#callbacks = null;
      if (!callbacks) return;
      if (outcome.kind === "timeout") callbacks.onTimeout(...(outcome.arguments as Parameters<Callbacks["onTimeout"]>));
      else callbacks.onError(...(outcome.arguments as Parameters<Callbacks["onError"]>));
    }

    #endTask(): void {
      const task = this.#task;
      this.#task = null;
      this.#callbacks = null;
      if (!task) return;
      task.abort();
      this.stats.aborted = true;
    }
  };
}

type NetworkDetails = Parameters<Callbacks["onSuccess"]>[3];

/** hls.js plays each interstitial in a player of its own, built from the primary's options: ads are often personal. */
function isAsset(config: HlsConfig): boolean {
  return "assetPlayerId" in config && Boolean(config.assetPlayerId);
}

/** False where hls.js widens a range, as it does to decrypt a block of a larger file. */
function asksExactly({ rangeStart, rangeEnd }: FragmentLoaderContext, { range }: Segment): boolean {
  if (!range) return !rangeEnd;
  return rangeStart === range.first && rangeEnd === range.last + 1;
}
