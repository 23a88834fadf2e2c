import type { Fragment, FragmentLoaderContext, HlsConfig, LoaderCallbacks, LoaderConfiguration } from "hls.js";
import type { BaseLoader } from "./base-loader.ts";
import { freshStats } from "./loader-stats.ts";

type Callbacks = LoaderCallbacks<FragmentLoaderContext>;

/** A loader that does what its test says, and is as strict as hls.js' own: once only, and mute once destroyed. */
export class ScriptedLoader implements BaseLoader {
  static made: ScriptedLoader[] = [];
  context: FragmentLoaderContext | null = null;
  stats = freshStats();
  callbacks: Callbacks | null = null;
  readonly config: HlsConfig;
  loads = 0;
  destroyed = 0;
  /** The request as the network has it: it ends with success, failure or abort. */
  inFlight = false;
  readonly details = { status: 0, of: "xhr" };

  constructor(config: HlsConfig) {
    this.config = config;
    ScriptedLoader.made.push(this);
  }

  /** The loader made last. */
  static get last(): ScriptedLoader {
    const last = ScriptedLoader.made[ScriptedLoader.made.length - 1];
    if (!last) throw new Error("No loader was made.");
    return last;
  }

  load(context: FragmentLoaderContext, _config: LoaderConfiguration, callbacks: Callbacks): void {
    if (this.stats.loading.start) throw new Error("Loader can only be used once.");
    this.stats.loading.start = performance.now();
    this.context = context;
    this.callbacks = callbacks;
    this.loads++;
    this.inFlight = true;
  }

  abort(): void {
    this.#cut();
    if (this.context) this.callbacks?.onAbort?.(this.stats, this.context, null);
  }

  destroy(): void {
    this.destroyed++;
    this.callbacks = null;
    this.#cut();
    this.stats = null as unknown as ReturnType<typeof freshStats>;
  }

  getCacheAge(): number | null {
    return 7;
  }

  getResponseHeader(name: string): string | null {
    return `${name} of this`;
  }

  succeed(data: ArrayBuffer, code?: number): void {
    const { context, stats } = this;
    if (!context) return;
    this.inFlight = false;
    stats.loading.first ||= performance.now();
    stats.loading.end = performance.now();
    stats.loaded = stats.total = data.byteLength;
    const response = { url: `${context.url}&redirected`, data, ...(code === undefined ? {} : { code }) };
    this.callbacks?.onSuccess(response, stats, context, this.details as never);
  }

  fail(code: number): void {
    this.inFlight = false;
    if (this.context) {
      this.callbacks?.onError({ code, text: "no" }, this.context, this.details as never, this.stats);
    }
  }

  timeOut(): void {
    this.#cut();
    if (this.context) this.callbacks?.onTimeout(this.stats, this.context, this.details as never);
  }

  #cut(): void {
    if (this.inFlight) this.stats.aborted = true;
    this.inFlight = false;
  }
}

/** The callbacks that hls.js gives, noted in order; each destroys the loader from inside, as hls.js does. */
export class HeardCallbacks {
  readonly heard: { readonly name: string; readonly args: readonly unknown[] }[] = [];
  readonly callbacks: Callbacks;

  constructor(loader: () => BaseLoader) {
    const note =
      (name: string) =>
      (...args: unknown[]): void => {
        this.heard.push({ name, args });
        loader().destroy();
      };
    this.callbacks = {
      onSuccess: note("success"),
      onError: note("error"),
      onTimeout: note("timeout"),
      onAbort: note("abort"),
    };
  }

  get names(): readonly string[] {
    return this.heard.map(({ name }) => name);
  }
}

/** The context that hls.js makes for a fragment. */
export function contextFor(frag: Fragment, overrides: Partial<FragmentLoaderContext> = {}): FragmentLoaderContext {
  const [start, end] = frag.byteRange;
  return {
    url: frag.url,
    frag,
    part: null,
    type: "media-fragment",
    responseType: "arraybuffer",
    headers: {},
    rangeStart: start ?? 0,
    rangeEnd: end ?? 0,
    ...overrides,
  } as unknown as FragmentLoaderContext;
}

export const loaderConfig: LoaderConfiguration = {
  loadPolicy: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 120_000, errorRetry: null, timeoutRetry: null },
  timeout: 120_000,
  maxRetry: 0,
  retryDelay: 0,
  maxRetryDelay: 0,
};

/** `length` bytes, each its own place modulo 251. */
export function bytesOf(length: number, first: number = 0): ArrayBuffer {
  return Uint8Array.from({ length }, (_, at) => (first + at) % 251).buffer;
}
