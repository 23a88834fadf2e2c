/**
 * What of dash.js 5 Shoal touches. Its own declarations leave the parts that `extend` reaches loosely typed, and differ
 * from version to version.
 */

/** What of a player is used; every `MediaPlayerClass` has it. */
export interface DashPlayer {
  extend(name: string, child: object, override: boolean): void;
  // biome-ignore lint/suspicious/noExplicitAny: dash.js declares an overload for each event
  on(type: string, listener: (event: any) => void, scope?: object): void;
  getVersion(): string;
  isReady(): boolean;
  getSource(): unknown;
  getVideoElement(): HTMLMediaElement;
  getAverageThroughput(type: "video" | "audio"): number;
  getAverageLatency(type: "video" | "audio"): number;
  getSettings(): object;
  refreshManifest(callback: () => void): void;
  reset(): void;
  destroy(): void;
}

/** Kinds of media that are shared. Text, images and enhancement layers are not. */
export type MediaKind = "video" | "audio";

/** An `S` of a SegmentTimeline, in units of the timescale. */
export interface TimelineEntry {
  readonly t?: number;
  readonly d: number;
  readonly r?: number;
}

/** A SegmentTemplate or SegmentList as dash.js parsed it, with what it inherits. */
export interface SegmentElement {
  readonly media?: string;
  readonly SegmentTimeline?: { readonly S: readonly TimelineEntry[] };
  readonly SegmentURL?: readonly { readonly media?: string; readonly mediaRange?: string }[];
}

interface WithBaseUrls {
  readonly BaseURL?: readonly object[];
}

/** An MPD as dash.js parsed it. Times in seconds. */
export interface Manifest extends WithBaseUrls {
  readonly url: string;
  readonly originalUrl?: string;
  readonly type?: string;
  readonly timeShiftBufferDepth?: number;
  readonly ContentSteering?: object;
  readonly Period: readonly (WithBaseUrls & {
    readonly start?: number;
    readonly AdaptationSet: readonly (WithBaseUrls & {
      readonly Representation: readonly (WithBaseUrls & {
        readonly SegmentTemplate?: SegmentElement;
        readonly SegmentList?: SegmentElement;
      })[];
    })[];
  })[];
}

/** One segment as dash.js describes it. Times in seconds on the presentation's timeline. */
export interface DashSegment {
  readonly index: number;
  readonly media: string | null;
  readonly mediaRange?: string | null;
  readonly presentationStartTime: number;
  readonly duration: number;
  readonly isPartialSegment?: boolean;
}

/** One rendition in one period, anew with every version of the MPD. Times in seconds. */
export interface Representation {
  readonly id: string;
  readonly index: number;
  readonly path: unknown;
  readonly bandwidth: number;
  readonly timescale: number;
  readonly startNumber: number;
  readonly presentationTimeOffset: number;
  readonly segmentDuration: number;
  readonly segmentInfoType: string | null;
  readonly initialization: string | null;
  readonly range: string | null;
  /** Of an index in the file itself, once dash.js has read it. */
  readonly segments: readonly DashSegment[] | null;
  /** False where segments are offered before they are complete: low latency. */
  readonly availabilityTimeComplete: boolean;
  readonly availabilityTimeOffset: number | "INF";
  readonly mediaFinishedInformation?: { readonly numberOfSegments: number };
  readonly mediaInfo?: { readonly type: string };
  readonly adaptation: {
    readonly index: number;
    readonly period: {
      readonly id: string;
      readonly index: number;
      readonly start: number;
      readonly duration: number;
      readonly mpd: { readonly manifest: Manifest; readonly availabilityStartTime: Date | null };
    };
  };
}

/** What dash.js means to load. */
export interface FragmentRequest {
  readonly type: string;
  readonly mediaType: string;
  readonly url: string;
  /** `first-last`, both inclusive. */
  readonly range: string | null;
  readonly startTime: number;
  readonly duration: number;
  readonly representation?: Representation;
  readonly isPartialSegmentRequest?: boolean;
  firstByteDate?: Date | null;
  traces?: unknown[];
}

/** What a loader reports while it loads. */
export interface ProgressReport {
  readonly loaded?: number;
  readonly total?: number;
  readonly lengthComputable: boolean;
  /** Milliseconds since the report before; measured where it is left out. */
  readonly time?: number;
  readonly noTrace?: boolean;
  readonly data?: ArrayBuffer;
}

/** The callbacks of a request. dash.js takes them away before it aborts. */
export interface RequestCallbacks {
  readonly request: FragmentRequest;
  onprogress?: ((report: ProgressReport) => void) | undefined;
  onloadend?: (() => void) | undefined;
  onabort?: (() => void) | undefined;
  ontimeout?: ((event: ProgressReport) => void) | undefined;
  /** Set by the loader. */
  abort?: (() => void) | undefined;
}

/** A request as the loaders get it, after all interceptors. */
export interface MediaRequest {
  url: string;
  readonly method: string;
  readonly responseType?: string;
  headers: Record<string, string>;
  readonly credentials?: string;
  readonly timeout?: number;
  readonly customData: RequestCallbacks;
  range?: string;
}

/** Where a loader writes its answer. */
export interface MediaResponse {
  request?: MediaRequest;
  url?: string;
  status: number;
  statusText?: string;
  headers?: Record<string, string>;
  data?: unknown;
  resourceTiming?: object;
}

/** dash.js' XHRLoader or FetchLoader. */
export interface NetLoader {
  load(request: MediaRequest, response: MediaResponse): unknown;
  abort(...rest: unknown[]): void;
  reset(): void;
  resetInitialSettings?(): void;
}

/** Names and clocks of one kind of media in one period. */
export interface StreamParts {
  readonly type: string;
  readonly segmentsController: SegmentsController;
  readonly timelineConverter: { getClientReferenceTime(): number };
  readonly baseURLController: { resolve(path: unknown): { readonly url: string } | undefined };
}

/** Says which segment is where. */
export interface SegmentsController {
  getSegmentByIndex(representation: Representation, index: number, subNumber?: number): DashSegment | null;
}

/** What `extend` gives the function that makes an extension. */
export interface Extending<Parent> {
  readonly parent: Parent;
  readonly context: object;
  readonly factory: {
    getClassFactoryByName(name: string): (context: object) => { create(): NetLoader };
    getSingletonInstance(context: object, name: string): unknown;
  };
}
