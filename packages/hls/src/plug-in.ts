import { type Player, type PlayerState, type Segment, Session, type ShoalOptions } from "@shoal/core";
import { type ByteRange, contentIdOf, mediaBaseOf, pathOf, type TrackId } from "@shoal/protocol/names";
import type Hls from "hls.js";
import type { Fragment, FragmentLoaderContext, HlsConfig, LevelDetails, LoaderConfiguration } from "hls.js";
import { type BaseLoaderClass, freshStats, requestThrough } from "./base-loader.ts";
import type { LoaderOwner } from "./fragment-loader.ts";
import { FragmentNames } from "./timeline.ts";

/** Gaps between buffered ranges up to this are jumped by hls.js. */
const GAP_S = 0.2;

/** Ties one hls.js player to one session: tells it the timeline, and names the segments it loads. */
export class HlsPlugIn implements LoaderOwner, Player {
  readonly session: Session;
  readonly #hls: Hls;
  readonly #Base: BaseLoaderClass;
  /** Tracks being played, by kind of playlist. */
  readonly #playing = new Map<string, TrackId>();
  /** A fragment that was loaded, by segment: the engine's own requests look like the player's. */
  readonly #fragments = new Map<string, Fragment>();
  #names: FragmentNames | null = null;

  /** @throws ShoalError `bad-option` */
  constructor(hls: Hls, options: ShoalOptions, Base: BaseLoaderClass) {
    this.#hls = hls;
    this.#Base = Base;
    this.session = new Session(this, options);
    this.#listen();
  }

  segmentOf(fragment: Fragment): Segment | null {
    const details = this.#detailsOf(fragment);
    if (!this.#names || !details || fragment.gap) return null;
    const at = typeof fragment.sn === "number" ? fragment.sn - details.startSN : -1;
    const previous = details.fragments[at - 1] ?? undefined;
    return this.#names.segmentOf(fragment, previous, details.url);
  }

  bandwidthEstimate(): number {
    return this.#hls.bandwidthEstimate;
  }

  loads(segment: Segment, fragment: Fragment): void {
    this.#fragments.set(segment.id, fragment);
    for (const id of this.#fragments.keys()) {
      if (this.#fragments.size <= 64) break;
      this.#fragments.delete(id);
    }
    this.#playing.set(fragment.type, segment.trackId);
    this.session.setActiveTracks([...this.#playing.values()]);
  }

  state(): PlayerState {
    const media = this.#hls.media;
    if (!media) return { playheadMs: 0, bufferedAheadMs: 0, playbackRate: 1 };
    const { currentTime, buffered, playbackRate } = media;
    let endS = currentTime;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= endS + GAP_S && buffered.end(i) > endS) endS = buffered.end(i);
    }
    return { playheadMs: currentTime * 1000, bufferedAheadMs: (endS - currentTime) * 1000, playbackRate };
  }

  fetch(segment: Segment, part: ByteRange | null, sink: Parameters<Player["fetch"]>[2]): ReturnType<Player["fetch"]> {
    const base = new this.#Base(this.#hls.config);
    base.stats = freshStats();
    const context = this.#contextOf(segment, part);
    return requestThrough(base, context, this.#loaderConfig(), { segmentRange: segment.range, part }, sink);
  }

  close(): void {
    this.session.close();
    this.#fragments.clear();
  }

  #listen(): void {
    const hls = this.#hls;
    const { Events } = hls.constructor as typeof Hls;
    hls.on(Events.MANIFEST_LOADED, (_name, { url }) => this.#begin(url));
    hls.on(Events.LEVEL_UPDATED, (_name, { details }) => this.#update(details));
    hls.on(Events.AUDIO_TRACK_UPDATED, (_name, { details }) => this.#update(details));
    hls.on(Events.DESTROYING, () => this.close());
  }

  #begin(url: string): void {
    const { mediaBase, contentId, segmentId } = this.session.options;
    const base = mediaBase ? pathOf(mediaBase) : mediaBaseOf(url);
    this.#names = new FragmentNames({ mediaBase: base, segmentId });
    this.#playing.clear();
    this.#fragments.clear();
    this.session.setContent({ contentId: contentId ?? contentIdOf(url), manifest: pathOf(url) });
  }

  #update(details: LevelDetails): void {
    const timeline = this.#names?.timelineOf(details);
    if (timeline) this.session.setTimeline(timeline);
  }

  #detailsOf(fragment: Fragment): LevelDetails | null {
    const tracks = fragment.type === "audio" ? this.#hls.audioTracks : this.#hls.levels;
    return tracks[fragment.level]?.details ?? null;
  }

  #contextOf(segment: Segment, part: ByteRange | null): FragmentLoaderContext {
    const frag = this.#fragments.get(segment.id) as Fragment;
    const offset = segment.range?.first ?? 0;
    const range = part ? { first: offset + part.first, last: offset + part.last } : segment.range;
    return {
      url: segment.url,
      frag,
      part: null,
      type: "media-fragment",
      responseType: "arraybuffer",
      headers: {},
      rangeStart: range?.first ?? 0,
      rangeEnd: range ? range.last + 1 : 0,
    } as unknown as FragmentLoaderContext;
  }

  /** hls.js' own time limits; retries are the engine's to decide. */
  #loaderConfig(): LoaderConfiguration {
    const { default: policy } = (this.#hls.config as HlsConfig).fragLoadPolicy;
    return {
      loadPolicy: { ...policy, errorRetry: null, timeoutRetry: null },
      timeout: policy.maxLoadTimeMs,
      maxRetry: 0,
      retryDelay: 0,
      maxRetryDelay: 0,
    };
  }
}
