import {
  browserRim,
  type CdnSink,
  type CdnTask,
  failSoon,
  identityOf,
  type Player,
  type PlayerState,
  type Segment,
  Session,
  type SessionRim,
  type ShoalOptions,
} from "@shoal/core";
import type { ByteRange, TrackId } from "@shoal/protocol/names";
import { requestThrough } from "./base-request.ts";
import type {
  DashPlayer,
  FragmentRequest,
  Manifest,
  MediaKind,
  MediaRequest,
  MediaResponse,
  Representation,
} from "./dash-types.ts";
import { interceptedFetch } from "./intercepted-fetch.ts";
import type { DashNet, ExtensionOwner } from "./loader-extension.ts";
import { endMs, isDynamic } from "./segment-list.ts";
import { type Stream, Streams } from "./streams.ts";
import { keyOf, Tracks } from "./tracks.ts";
import { ASSUMED_LATENCY_MS } from "./transfer-report.ts";

/** Gaps between buffered ranges up to this are jumped by dash.js. */
const GAP_S = 0.2;
/** A segment that is due by the clock is looked for this often at most, and at least. */
const LOOK_MS = { least: 100, most: 10_000 };
/** Least time between two readings of the MPD that Shoal causes. */
const REFRESH_MS = 1_000;

/** What is being played of one kind of media. */
interface Playing {
  readonly trackId: TrackId;
  readonly periodId: string;
  readonly representation: Representation;
  /** The last request for a segment of it: further ones look the same. */
  readonly request: MediaRequest;
  /** When its next segment will be complete, on the session's clock; null where a new MPD tells. */
  readonly nextMs: number | null;
}

/** Ties one dash.js player to one session: tells it the timeline, and names the segments it loads. */
export class DashPlugIn implements ExtensionOwner, Player {
  readonly session: Session;
  readonly streams: Streams = new Streams((stream) => this.#named(() => this.#update(stream)));
  readonly #player: DashPlayer;
  readonly #rim: SessionRim;
  readonly #playing = new Map<MediaKind, Playing>();
  #tracks: Tracks | null = null;
  #net: DashNet | null = null;
  #source: unknown = null;
  #isMoving = false;
  #refreshedMs = Number.NEGATIVE_INFINITY;
  #cancelLook: () => void = () => {};
  #warned = false;

  /** @throws ShoalError `bad-option` */
  constructor(player: DashPlayer, options: ShoalOptions, rim: SessionRim = browserRim) {
    this.#player = player;
    this.#rim = rim;
    this.session = new Session(this, options, rim);
    player.on("playbackPlaying", () => this.#moves());
    player.on("fragmentLoadingCompleted", ({ request }: { request?: FragmentRequest }) => this.#check(request));
  }

  extended(net: DashNet): void {
    this.#net = net;
  }

  segmentOf({ customData, headers }: MediaRequest): Segment | null {
    const { request } = customData;
    if (request.type !== "MediaSegment" || !isKind(request.mediaType) || request.isPartialSegmentRequest) return null;
    // An interceptor may have asked for another range.
    if ((headers.Range ?? "") !== (request.range ? `bytes=${request.range}` : "")) return null;
    let segment: Segment | null = null;
    this.#named(() => {
      const stream = request.representation && this.streams.of(request.representation, request.mediaType);
      if (stream) segment = this.#tracks?.segmentOf(request, stream) ?? null;
    });
    return segment;
  }

  isComplete({ customData }: MediaRequest): boolean {
    const { representation, startTime, duration, mediaType } = customData.request;
    if (!representation || representation.availabilityTimeComplete || !isDynamic(representation)) return true;
    const stream = this.streams.of(representation, mediaType);
    const nowMs = stream?.timelineConverter.getClientReferenceTime() ?? 0;
    return endMs(representation, { startS: startTime, durationS: duration }) <= nowMs;
  }

  loads(segment: Segment, request: MediaRequest): void {
    const { representation, mediaType } = request.customData.request;
    const kind = mediaType as MediaKind;
    if (!representation) return;
    const before = this.#playing.get(kind);
    const isNew = before?.trackId !== segment.trackId;
    const periodId = representation.adaptation.period.id;
    const nextMs = before?.nextMs ?? null;
    this.#playing.set(kind, { trackId: segment.trackId, periodId, representation, request, nextMs });
    if (!isNew && before?.periodId === periodId) return;
    // Where the picture does not move yet, a long list can wait.
    if (this.#isMoving)
      this.#named(() => this.#list(kind, before && before.periodId !== periodId ? before.trackId : null));
    else this.#lookAgain();
    this.session.setActiveTracks([...new Set([...this.#playing.values()].map(({ trackId }) => trackId))]);
  }

  adopt(segment: Segment, bytes: ArrayBuffer, durationMs: number): void {
    this.session.adopt(segment, bytes, durationMs);
  }

  fetchWhole(
    { range }: Segment,
    request: MediaRequest,
    sink: CdnSink,
    seen: (response: MediaResponse) => void,
  ): CdnTask {
    if (!this.#net) return failSoon(sink);
    const { customData, ...sent } = request;
    const asked = { segmentRange: range, part: null };
    return requestThrough(this.#net.open(), { request: sent, fragment: customData.request, asked, seen }, sink);
  }

  fetch(segment: Segment, part: ByteRange | null, sink: CdnSink): CdnTask {
    const like = [...this.#playing.values()].find(({ trackId }) => trackId === segment.trackId)?.request;
    return like && this.#net ? interceptedFetch(this.#net, like, segment, part, sink) : failSoon(sink);
  }

  pace({ customData }: MediaRequest): { readonly rateBps: number | null; readonly latencyMs: number } {
    const kind = customData.request.mediaType as MediaKind;
    const rateBps = this.#player.getAverageThroughput(kind) * 1000;
    const latencyMs = this.#player.getAverageLatency(kind);
    return { rateBps: rateBps > 0 ? rateBps : null, latencyMs: latencyMs > 0 ? latencyMs : ASSUMED_LATENCY_MS };
  }

  cacheLimitMs({ customData }: MediaRequest): number {
    const { streaming } = this.#player.getSettings() as {
      streaming?: { cacheLoadThresholds?: Partial<Record<string, number>> };
    };
    // Dates have whole milliseconds: two of them may round against each other.
    return (streaming?.cacheLoadThresholds?.[customData.request.mediaType] ?? 0) + 2;
  }

  state(): PlayerState {
    let media: HTMLMediaElement;
    try {
      media = this.#player.getVideoElement();
    } catch {
      return { playheadMs: 0, bufferedAheadMs: 0, playbackRate: 1 };
    }
    const { currentTime, buffered, playbackRate } = media;
    let endS = currentTime;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= endS + GAP_S && buffered.end(i) > endS) endS = buffered.end(i);
    }
    return { playheadMs: currentTime * 1000, bufferedAheadMs: (endS - currentTime) * 1000, playbackRate };
  }

  refresh(trackId: TrackId): void {
    const found = [...this.#playing].find(([, playing]) => playing.trackId === trackId);
    if (!found) return;
    const [kind, { nextMs, representation }] = found;
    if (nextMs !== null) return this.#named(() => this.#list(kind, null));
    const nowMs = this.#rim.clock.now();
    if (!isDynamic(representation) || nowMs - this.#refreshedMs < REFRESH_MS) return;
    this.#refreshedMs = nowMs;
    this.#named(() => this.#player.refreshManifest(() => {}));
  }

  canTurnElsewhere(): boolean {
    return [...this.#playing.values()].some(({ representation }) => hasAlternatives(representation));
  }

  /** What is played is over; another may follow on the same player. */
  leave(): void {
    this.#cancelLook();
    this.#playing.clear();
    this.#tracks = null;
    this.#source = null;
    this.session.setActiveTracks([]);
    this.session.setContent(null);
  }

  close(): void {
    this.leave();
    this.session.close();
  }

  #moves(): void {
    if (this.#isMoving) return;
    this.#isMoving = true;
    for (const kind of this.#playing.keys()) this.#named(() => this.#list(kind, null));
    this.session.playbackStarted();
  }

  /** The MPD of a stream was read. */
  #update(stream: Stream): void {
    const manifest = stream.representations[0]?.adaptation.period.mpd.manifest;
    if (!manifest) return;
    const source = this.#player.getSource();
    if (source !== this.#source || !this.#tracks) this.#begin(source, manifest);
    if (!isKind(stream.type)) return;
    const playing = this.#playing.get(stream.type);
    if (playing?.periodId !== stream.periodId) return;
    const key = keyOf(playing.representation);
    const representation = stream.representations.find((other) => keyOf(other) === key);
    if (!representation) return;
    this.#playing.set(stream.type, { ...playing, representation });
    if (this.#isMoving) this.#list(stream.type, null);
  }

  /** Later versions of an MPD may come from elsewhere; the first one's address is everybody's. */
  #begin(source: unknown, { originalUrl, url }: Manifest): void {
    this.leave();
    this.#source = source;
    const address = new URL(originalUrl ?? url, document.baseURI).href;
    const { content, names } = identityOf(address, this.session.options);
    this.#tracks = new Tracks(names, address);
    this.session.setContent(content);
  }

  /** Tells the engine what there is of a track now. */
  #list(kind: MediaKind, continues: TrackId | null): void {
    const playing = this.#playing.get(kind);
    const stream = playing && this.streams.of(playing.representation, kind);
    const update = stream && this.#tracks?.update(stream, playing.representation);
    if (!playing || !update) return;
    const { timeline, nextMs } = update;
    const aheadMs = stream.timelineConverter.getClientReferenceTime();
    this.#playing.set(kind, {
      ...playing,
      nextMs: nextMs === null ? null : this.#rim.clock.now() + nextMs - aheadMs,
    });
    this.session.setTimeline(continues === timeline.trackId ? timeline : { ...timeline, continues });
    this.#lookAgain();
  }

  /** Segments of a template appear by the clock, without a word from anybody. */
  #lookAgain(): void {
    this.#cancelLook();
    const due = [...this.#playing.values()].map(({ nextMs }) => nextMs).filter((ms) => ms !== null);
    if (due.length === 0) return;
    const waitMs = Math.min(...due) - this.#rim.clock.now();
    this.#cancelLook = this.#rim.clock.after(Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, waitMs)), () => {
      const nowMs = this.#rim.clock.now();
      for (const [kind, { nextMs }] of [...this.#playing]) {
        if (nextMs !== null && nextMs <= nowMs) this.#named(() => this.#list(kind, null));
      }
      this.#lookAgain();
    });
  }

  /** dash.js takes the first extension of a name and says nothing to the second. */
  #check(request: FragmentRequest | undefined): void {
    if (this.#warned || request?.type !== "MediaSegment" || !isKind(request.mediaType)) return;
    if (this.#net && this.streams.size > 0) return;
    this.#warned = true;
    const missed = this.#net ? "DashHandler or RepresentationController" : "XHRLoader";
    console.warn(`shoal: ${missed} was extended before; nothing is shared. Call withShoal first.`);
  }

  /** What fails here costs sharing, and is told of once. */
  #named(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!this.#warned) console.warn("shoal: a segment list could not be read; its segments are not shared", error);
      this.#warned = true;
    }
  }
}

function isKind(type: string): type is MediaKind {
  return type === "video" || type === "audio";
}

/** dash.js turns to another BaseURL once one has failed, or to another pathway. */
function hasAlternatives({ index, adaptation }: Representation): boolean {
  const { mpd, index: periodIndex } = adaptation.period;
  const { manifest } = mpd;
  const period = manifest.Period[periodIndex];
  const set = period?.AdaptationSet[adaptation.index];
  const levels = [manifest, period, set, set?.Representation[index]];
  return manifest.ContentSteering !== undefined || levels.some((level) => (level?.BaseURL?.length ?? 0) > 1);
}
