/** What of Shaka Player 5 the plug-in touches. */

/** A request, before and after a player's filters. */
export interface Request {
  readonly uris: readonly string[];
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer; `timeMs` is what bandwidth is estimated from. */
export interface Response {
  readonly uri: string;
  readonly originalUri: string;
  readonly data: ArrayBuffer | ArrayBufferView;
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeMs?: number;
}

/** Something that can be ended before its time. */
export interface Operation {
  readonly promise: Promise<Response>;
  abort(): Promise<unknown>;
}

/** Carries out requests of one URL scheme. */
export type Scheme = (uri: string, request: Request, type: number, ...rest: unknown[]) => Operation;

/** One segment of a stream. Times in seconds. */
export interface SegmentReference {
  getUris(): readonly string[];
  getStartByte(): number;
  getEndByte(): number | null;
  getStartTime(): number;
  getEndTime(): number;
}

/** One rendition. */
export interface Stream {
  readonly id: number;
  readonly type: string;
  readonly segmentIndex: Iterable<SegmentReference | null> | null;
}

/** What a request is for. */
export interface RequestContext {
  readonly type?: number;
  readonly stream?: Stream;
  readonly segment?: SegmentReference;
}

/** A player; every `shaka.Player` is one. */
export interface ShakaPlayer {
  addEventListener(type: string, listener: () => void): void;
  getAssetUri(): string | null;
  getMediaElement(): HTMLMediaElement | null;
  getStats(): { readonly estimatedBandwidth: number };
  isLive(): boolean;
  getNetworkingEngine(): {
    registerRequestFilter(filter: (type: number, request: Request, context?: RequestContext) => void): void;
  } | null;
}

/** The library. */
export interface Shaka {
  readonly net: {
    readonly NetworkingEngine: {
      registerScheme(scheme: string, plugin: Scheme, priority: number, progressSupport: boolean): void;
    };
    readonly HttpFetchPlugin: { parse: Scheme };
  };
  readonly util: {
    readonly AbortableOperation: new (promise: Promise<Response>, onAbort: () => Promise<void>) => Operation;
  };
}
