import type { Delivery, LoadTask, Segment, Session } from "@shoal/core";
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
  type BaseLoaderClass,
  freshStats,
  type HttpOutcome,
  requestThrough,
  rewind,
  type SeenResponse,
} from "./base-loader.ts";

/** What the loader asks of the plug-in it belongs to. */
export interface LoaderOwner {
  readonly session: Session;
  /** The segment behind a fragment; null where it must not be shared. */
  segmentOf(fragment: Fragment): Segment | null;
  /** hls.js' estimate, bit/s, for when the engine has none. */
  bandwidthEstimate(): number;
  /** A segment of a track is being loaded: it is what the player plays. */
  loads(segment: Segment, fragment: Fragment): void;
}

/** The smallest time to first byte that hls.js takes as one, milliseconds. */
const TTFB_MS = 5;

/** A loader class for hls.js' `fLoader`, bound to one player: media segments go through the engine, all else as before. */
export function fragmentLoaderClass(owner: () => LoaderOwner | null, Base: BaseLoaderClass): BaseLoaderClass {
  return class ShoalFragmentLoader implements Loader<FragmentLoaderContext> {
    context: FragmentLoaderContext | null = null;
    /** One object for life: hls.js took a reference before `load`. */
    readonly stats: LoaderStats = freshStats();
    readonly #config: HlsConfig;
    #base: Loader<FragmentLoaderContext> | null = null;
    #callbacks: LoaderCallbacks<FragmentLoaderContext> | null = null;
    #task: LoadTask | null = null;
    #response: SeenResponse | null = null;

    constructor(config: HlsConfig) {
      this.#config = config;
    }

    load(
      context: FragmentLoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<FragmentLoaderContext>,
    ): void {
      if (this.stats.loading.start) throw new Error("Loader can only be used once.");
      this.context = context;
      this.#callbacks = callbacks;
      const shared = this.#sharedOwner(context, callbacks);
      if (!shared) return this.#loadPlain(context, config, callbacks);
      const { segment } = shared;
      this.stats.loading.start = performance.now();
      shared.owner.loads(segment, context.frag);
      this.#task = shared.owner.session.load({
        segment,
        fetch: (sink) => {
          rewind(this.stats);
          const base = this.#openBase();
          const asked = { segmentRange: segment.range, part: null };
          return requestThrough(base, context, config, asked, sink, (response) => {
            this.#response = response;
          });
        },
        sink: {
          progress: (loaded, total) => this.#progress(loaded, total),
          done: (bytes, delivery) => this.#done(bytes, delivery, shared.owner),
          failed: (outcome) => this.#failed(outcome as HttpOutcome),
        },
      });
    }

    abort(): void {
      const callbacks = this.#callbacks;
      const context = this.context;
      this.#callbacks = null;
      if (this.#task) {
        this.stats.aborted = true;
        this.#endTask();
        if (context) callbacks?.onAbort?.(this.stats, context, null);
      } else this.#base?.abort();
    }

    destroy(): void {
      this.#callbacks = null;
      this.#endTask();
      this.#base?.destroy();
      this.#base = null;
      this.context = null;
    }

    getCacheAge(): number | null {
      return this.#base?.getCacheAge?.() ?? null;
    }

    getResponseHeader(name: string): string | null {
      return this.#base?.getResponseHeader?.(name) ?? null;
    }

    /** Media of the main player only: no init segments, no LL-HLS parts, no interstitials, no progressive loading. */
    #sharedOwner(
      context: FragmentLoaderContext,
      callbacks: LoaderCallbacks<FragmentLoaderContext>,
    ): { readonly owner: LoaderOwner; readonly segment: Segment } | null {
      const { frag, part } = context;
      const found = owner();
      if (!found || callbacks.onProgress || part || frag.sn === "initSegment" || isAsset(this.#config)) return null;
      if (frag.type !== "main" && frag.type !== "audio") return null;
      const segment = found.segmentOf(frag);
      return segment ? { owner: found, segment } : null;
    }

    #loadPlain(
      context: FragmentLoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<FragmentLoaderContext>,
    ): void {
      this.#openBase().load(context, config, callbacks);
    }

    #openBase(): Loader<FragmentLoaderContext> {
      this.#base = new Base(this.#config);
      this.#base.stats = this.stats;
      return this.#base;
    }

    #progress(loaded: number, total: number | null): void {
      const { stats } = this;
      stats.loaded = loaded;
      if (total !== null) stats.total = total;
      if (loaded > 0 && stats.loading.first === 0) stats.loading.first = performance.now();
    }

    #done(bytes: ArrayBuffer, delivery: Delivery, from: LoaderOwner): void {
      const callbacks = this.#callbacks;
      const { context, stats } = this;
      this.#task = null;
      this.#callbacks = null;
      if (!callbacks || !context) return;
      if (!delivery.plain) this.#tellRate(bytes.byteLength, delivery.rateBps ?? from.bandwidthEstimate());
      const seen = delivery.plain ? this.#response : null;
      const response = { url: seen?.url ?? context.url, data: bytes, code: seen?.code ?? 200 };
      const details = (seen?.networkDetails ?? null) as Parameters<typeof callbacks.onSuccess>[3];
      callbacks.onSuccess(response, stats, context, details);
    }

    /** What the player learns is the rate that the next segment can count on, not how fast this one came out of memory. */
    #tellRate(bytes: number, rateBps: number): void {
      const { stats } = this;
      const end = performance.now();
      stats.loaded = stats.total = bytes;
      stats.loading.end = end;
      stats.loading.first = Math.max(1, end - (bytes * 8000) / Math.max(rateBps, 1));
      stats.loading.start = Math.max(0.5, stats.loading.first - TTFB_MS);
    }

    #failed(outcome: HttpOutcome): void {
      const callbacks = this.#callbacks;
      this.#task = null;
      this.#callbacks = null;
      if (!callbacks) return;
      if (outcome.kind === "timeout")
        callbacks.onTimeout(...(outcome.arguments as Parameters<typeof callbacks.onTimeout>));
      else callbacks.onError(...(outcome.arguments as Parameters<typeof callbacks.onError>));
    }

    #endTask(): void {
      const task = this.#task;
      this.#task = null;
      task?.abort();
    }
  };
}

/** hls.js plays each interstitial in a player of its own, built from the primary's options: ads are often personal. */
function isAsset(config: HlsConfig): boolean {
  return "assetPlayerId" in config && Boolean(config.assetPlayerId);
}
