import {
  failSoon,
  identityOf,
  type Pace,
  type Player,
  type PlayerState,
  type Segment,
  Session,
  type SessionRim,
  type ShoalOptions,
} from "@shoal/core";
import type { ByteRange, TrackId } from "@shoal/protocol/names";
import type Hls from "hls.js";
import type { Fragment, FragmentLoaderContext, HlsConfig, LevelDetails, LoaderConfiguration } from "hls.js";
import { type BaseLoader, requestThrough } from "./base-loader.ts";
import type { LoaderOwner } from "./fragment-loader.ts";
import { readFreshPlaylist } from "./fresh-playlist.ts";
import { Playlists } from "./playlists.ts";

/** Gaps between buffered ranges up to this are jumped by hls.js. */
const GAP_S = 0.2;
/** What is taken for the time to first byte while hls.js has no estimate. */
const ASSUMED_TTFB_MS = 100;
/** Fragments kept after their playlist dropped them: the engine may still complete one. */
const KEPT_FRAGMENTS = 16;

type PlaylistKind = "main" | "audio";

/** Ties one hls.js player to one session: tells it the timeline, and names the segments it loads. */
export class HlsPlugIn implements LoaderOwner, Player {
  readonly session: Session;
  readonly #hls: Hls;
  readonly #openBase: (config: HlsConfig) => BaseLoader;
  /** Tracks being played, by kind of playlist. */
  readonly #playing = new Map<PlaylistKind, TrackId>();
  /** Fragments loaded lately, by segment. */
  readonly #loaded = new Map<string, Fragment>();
  #playlists: Playlists | null = null;
  #content = "";
  #warned = false;

  /** @throws ShoalError `bad-option` */
  constructor(hls: Hls, options: ShoalOptions, openBase: (config: HlsConfig) => BaseLoader, rim?: SessionRim) {
    this.#hls = hls;
    this.#openBase = openBase;
    this.session = new Session(this, options, rim);
    this.#listen();
  }

  segmentOf(fragment: Fragment): Segment | null {
    return this.#playlists?.segmentOf(fragment) ?? null;
  }

  pace(): Pace {
    const { bandwidthEstimate, ttfbEstimate, config } = this.#hls;
    return {
      rateBps: bandwidthEstimate > 0 ? bandwidthEstimate : config.abrEwmaDefaultEstimate,
      ttfbMs: ttfbEstimate > 0 ? ttfbEstimate : ASSUMED_TTFB_MS,
    };
  }

  loads(segment: Segment, fragment: Fragment): void {
    this.#loaded.delete(segment.id);
    this.#loaded.set(segment.id, fragment);
    for (const id of this.#loaded.keys()) {
      if (this.#loaded.size <= KEPT_FRAGMENTS) break;
      this.#loaded.delete(id);
    }
    this.#play(fragment.type === "audio" ? "audio" : "main", segment.trackId);
  }

  state(): PlayerState {
    const media = this.#hls.media;
    if (!media) return { playheadMs: 0, bufferedAheadMs: 0, playbackRate: 1 };
    const { currentTime, buffered, playbackRate } = media;
    let endS = currentTime;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= endS + GAP_S && buffered.end(i) > endS) endS = buffered.end(i);
    }
    const { autoLevelEnabled, loadLevel, minAutoLevel } = this.#hls;
    const pace = autoLevelEnabled && loadLevel > minAutoLevel ? this.pace() : undefined;
    return { playheadMs: currentTime * 1000, bufferedAheadMs: (endS - currentTime) * 1000, playbackRate, pace };
  }

  fetch(segment: Segment, part: ByteRange | null, sink: Parameters<Player["fetch"]>[2]): ReturnType<Player["fetch"]> {
    const frag = this.#playlists?.fragmentOf(segment.id) ?? this.#loaded.get(segment.id);
    if (!frag) return failSoon(sink);
    const request = {
      context: contextOf(frag, segment, part),
      config: this.#loaderConfig(),
      asked: { segmentRange: segment.range, part },
    };
    return requestThrough(this.#openBase(this.#hls.config), request, sink);
  }

  refresh(trackId: TrackId): void {
    const playlists = this.#playlists;
    const details = playlists?.readable(trackId);
    if (!details) return;
    const type = this.#playing.get("audio") === trackId ? "audioTrack" : "level";
    readFreshPlaylist(this.#hls.config, details, type, (text) => {
      if (this.#playlists !== playlists) return;
      this.#named(() => {
        const timeline = playlists?.extend(trackId, text);
        if (timeline) this.session.setTimeline(timeline);
      });
    });
  }

  /** hls.js turns to another pathway, or to a redundant variant, which it numbers as one. hls.js 1.5 keeps them to itself. */
  canTurnElsewhere(): boolean {
    const pathways = (this.#hls as Partial<Hls>).pathways ?? this.#hls.levels.map(({ pathwayId }) => pathwayId);
    return new Set(pathways).size > 1;
  }

  close(): void {
    this.session.close();
    this.#playlists = null;
    this.#loaded.clear();
  }

  #listen(): void {
    const hls = this.#hls;
    const { Events } = hls.constructor as typeof Hls;
    // hls.js 1.5 has no word for an audio playlist that is merged; it merges into the one it says was loaded.
    const audioUpdated = Events.AUDIO_TRACK_UPDATED ?? Events.AUDIO_TRACK_LOADED;
    hls.on(Events.MANIFEST_LOADED, (_name, { url }) => this.#begin(url));
    hls.on(Events.LEVEL_UPDATED, (_name, { details }) => this.#update("main", details));
    hls.on(audioUpdated, (_name, { details }) => this.#update("audio", details));
    hls.on(Events.MEDIA_ATTACHED, (_name, { media }) => {
      media.addEventListener("playing", () => this.session.playbackStarted(), { once: true });
    });
    hls.on(Events.AUDIO_TRACK_SWITCHING, (_name, { url }) => {
      if (!url) this.#play("audio", null);
    });
  }

  #begin(url: string): void {
    const { content, names } = identityOf(url, this.session.options);
    const key = `${content.contentId} ${content.manifest}`;
    this.#playlists = new Playlists(names);
    this.#loaded.clear();
    if (this.#content !== key) {
      this.#content = key;
      this.#playing.clear();
      this.session.setActiveTracks([]);
    }
    this.session.setContent(content);
  }

  #update(kind: PlaylistKind, details: LevelDetails): void {
    this.#named(() => {
      const timeline = this.#playlists?.update(details);
      if (!timeline) return;
      this.session.setTimeline(timeline);
      if (this.#playing.get(kind) === timeline.continues) this.#play(kind, timeline.trackId);
    });
  }

  /** A hook of the integrator's that fails costs sharing, and is told of once. */
  #named(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!this.#warned) console.warn("shoal: a playlist could not be named; its segments are not shared", error);
      this.#warned = true;
    }
  }

  #play(kind: PlaylistKind, trackId: TrackId | null): void {
    if (trackId === null) this.#playing.delete(kind);
    else this.#playing.set(kind, trackId);
    this.session.setActiveTracks([...new Set(this.#playing.values())]);
  }

  /** hls.js' own time limits; retries are the engine's to decide. */
  #loaderConfig(): LoaderConfiguration {
    const { default: policy } = this.#hls.config.fragLoadPolicy;
    return {
      loadPolicy: { ...policy, errorRetry: null, timeoutRetry: null },
      timeout: policy.maxLoadTimeMs,
      maxRetry: 0,
      retryDelay: 0,
      maxRetryDelay: 0,
    };
  }
}

/** The engine's own requests look like the player's. */
function contextOf(frag: Fragment, { url, range }: Segment, part: ByteRange | null): FragmentLoaderContext {
  const offset = range?.first ?? 0;
  const asked = part ? { first: offset + part.first, last: offset + part.last } : range;
  return {
    url,
    frag,
    part: null,
    type: "media-fragment",
    responseType: "arraybuffer",
    headers: {},
    rangeStart: asked?.first ?? 0,
    rangeEnd: asked ? asked.last + 1 : 0,
  } as unknown as FragmentLoaderContext;
}
