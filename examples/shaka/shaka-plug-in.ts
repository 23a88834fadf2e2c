import {
  answerOf,
  type CdnSink,
  type CdnTask,
  failSoon,
  handleOf,
  type Identity,
  identityOf,
  type Player,
  type PlayerState,
  type Segment,
  Session,
  type ShoalHandle,
  type ShoalOptions,
  unplaced,
} from "@shoal/core";
import { type ByteRange, NO_SEGMENT, type TrackId } from "@shoal/protocol/names";
import type {
  Operation,
  Request,
  RequestContext,
  Response,
  SegmentReference,
  Shaka,
  ShakaPlayer,
  Stream,
} from "./shaka-types.ts";

const SEGMENT_REQUEST = 1;
const INIT_SEGMENT = 0;
const APPLICATION_PRIORITY = 3;

/** Makes a Shaka player share what it plays. Call it before `load()`. An example: a whole plug-in in one file. */
export function withShoal(shaka: Shaka, player: ShakaPlayer, options: ShoalOptions): ShoalHandle {
  return handleOf(new ShakaPlugIn(shaka, player, options).session);
}

/** Which requests are whose: the library has one networking engine's schemes for all its players. */
const owners = new WeakMap<Request, { readonly plugIn: ShakaPlugIn; readonly context: RequestContext }>();
let isRegistered = false;

function register(shaka: Shaka): void {
  if (isRegistered) return;
  isRegistered = true;
  const { NetworkingEngine, HttpFetchPlugin } = shaka.net;
  for (const scheme of ["http", "https"]) {
    NetworkingEngine.registerScheme(
      scheme,
      (uri, request, type, ...rest) => {
        const plain = (sent: Request): Operation => HttpFetchPlugin.parse(uri, sent, type, ...rest);
        const owner = owners.get(request);
        return owner?.plugIn.load(uri, request, owner.context, plain) ?? plain(request);
      },
      APPLICATION_PRIORITY,
      // Without progress the player estimates from `timeMs` alone: one figure to be honest in.
      false,
    );
  }
}

class ShakaPlugIn implements Player {
  readonly session: Session;
  readonly #shaka: Shaka;
  readonly #player: ShakaPlayer;
  readonly #tracks = new Map<number, TrackId>();
  readonly #playing = new Map<string, { stream: Stream; request: Request; plain: (request: Request) => Operation }>();
  #identity: Identity | null = null;

  constructor(shaka: Shaka, player: ShakaPlayer, options: ShoalOptions) {
    this.#shaka = shaka;
    this.#player = player;
    this.session = new Session(this, options);
    register(shaka);
    player.getNetworkingEngine()?.registerRequestFilter((type, request, context) => {
      if (type === SEGMENT_REQUEST && context?.stream) owners.set(request, { plugIn: this, context });
    });
    player.addEventListener("loading", () => this.#begin());
    player.addEventListener("unloading", () => this.session.setContent(null));
    player.addEventListener("manifestupdated", () => this.#list());
  }

  load(
    uri: string,
    request: Request,
    { type, stream, segment }: RequestContext,
    plain: (request: Request) => Operation,
  ): Operation | null {
    if (!this.#identity) this.#begin();
    if (!this.#identity || !stream || !/^(video|audio)$/.test(stream.type)) return null;
    if (type === INIT_SEGMENT)
      this.#tracks.set(stream.id, this.#identity.names.idOf(uri, rangeOf(request)) as string as TrackId);
    const shared = segment && this.#segmentOf(segment, stream, uri);
    if (type === INIT_SEGMENT || !shared) return null;
    this.#playing.set(stream.type, { stream, request, plain });
    this.session.setActiveTracks(
      [...this.#playing.values()].flatMap(({ stream: { id } }) => this.#tracks.get(id) ?? []),
    );
    this.#list();
    const startedMs = performance.now();
    let abort = (): void => {};
    const promise = new Promise<Response>((resolve, reject) => {
      const task = this.session.load({
        segment: shared,
        fetch: (sink) => fetchThrough(plain(request), { segmentRange: shared.range, part: null }, sink),
        sink: {
          progress: () => {},
          done: (data, { plain: isPlain, rateBps }) => {
            const rate = rateBps ?? this.#player.getStats().estimatedBandwidth;
            const timeMs = isPlain || !(rate > 0) ? performance.now() - startedMs : (data.byteLength * 8000) / rate;
            resolve({ uri, originalUri: uri, data, status: shared.range ? 206 : 200, headers: {}, timeMs });
          },
          failed: reject,
        },
      });
      abort = () => {
        task.abort();
        reject(new Error("aborted"));
      };
    });
    return new this.#shaka.util.AbortableOperation(promise, () => Promise.resolve(abort()));
  }

  state(): PlayerState {
    const media = this.#player.getMediaElement();
    if (!media) return { playheadMs: 0, bufferedAheadMs: 0, playbackRate: 1 };
    const { currentTime, buffered, playbackRate } = media;
    let endS = currentTime;
    for (let i = 0; i < buffered.length; i++)
      if (buffered.start(i) <= endS + 0.2) endS = Math.max(endS, buffered.end(i));
    return { playheadMs: currentTime * 1000, bufferedAheadMs: (endS - currentTime) * 1000, playbackRate };
  }

  fetch({ trackId, url, range }: Segment, part: ByteRange | null, sink: CdnSink): CdnTask {
    const like = [...this.#playing.values()].find(({ stream }) => this.#tracks.get(stream.id) === trackId);
    if (!like) return failSoon(sink);
    const offset = range?.first ?? 0;
    const wanted = part ? { first: offset + part.first, last: offset + part.last } : range;
    const headers = { ...like.request.headers, ...(wanted ? { Range: `bytes=${wanted.first}-${wanted.last}` } : {}) };
    const operation = this.#shaka.net.HttpFetchPlugin.parse(
      url,
      { ...like.request, uris: [url], headers },
      SEGMENT_REQUEST,
      () => {},
      () => {},
      {},
    );
    return fetchThrough(operation, { segmentRange: range, part }, sink);
  }

  #begin(): void {
    const uri = this.#player.getAssetUri();
    if (!uri) return;
    this.#identity = identityOf(new URL(uri, document.baseURI).href, this.session.options);
    this.#tracks.clear();
    this.#playing.clear();
    this.session.setContent(this.#identity.content);
    this.#player.getMediaElement()?.addEventListener("playing", () => this.session.playbackStarted());
  }

  #segmentOf(reference: SegmentReference, { id }: Stream, uri: string): Segment | null {
    const trackId = this.#tracks.get(id);
    if (trackId === undefined || !this.#identity) return null;
    const end = reference.getEndByte();
    const range = end === null ? null : { first: reference.getStartByte(), last: end };
    const startMs = reference.getStartTime() * 1000;
    const durationMs = reference.getEndTime() * 1000 - startMs;
    return {
      id: this.#identity.names.idOf(uri, range),
      trackId,
      previousId: NO_SEGMENT,
      url: uri,
      range,
      startMs,
      durationMs,
    };
  }

  #list(): void {
    for (const { stream } of this.#playing.values()) {
      const segments: Segment[] = [];
      for (const reference of stream.segmentIndex ?? []) {
        const segment = reference && this.#segmentOf(reference, stream, reference.getUris()[0] ?? "");
        if (segment) segments.push({ ...segment, previousId: segments[segments.length - 1]?.id ?? NO_SEGMENT });
      }
      const trackId = this.#tracks.get(stream.id);
      if (trackId === undefined || segments.length === 0) continue;
      const targetDurationMs = Math.max(...segments.map(({ durationMs }) => durationMs));
      this.session.setTimeline({
        trackId,
        continues: null,
        live: this.#player.isLive(),
        targetDurationMs,
        firstNumber: null,
        segments,
      });
    }
  }
}

function rangeOf({ headers }: Request): ByteRange | null {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.Range ?? "") ?? [];
  return first && last ? { first: Number(first), last: Number(last) } : null;
}

function fetchThrough(operation: Operation, asked: Parameters<typeof answerOf>[2], sink: CdnSink): CdnTask {
  let isAborted = false;
  operation.promise.then(
    ({ data, status = 0 }) => {
      if (isAborted) return;
      const bytes = ArrayBuffer.isView(data)
        ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer
        : data;
      const answer = answerOf(bytes, status, asked);
      if (answer) sink.done(answer);
      else if (asked.part) sink.failed(null);
      else sink.done(unplaced(bytes));
    },
    (error: unknown) => {
      if (!isAborted) sink.failed(error);
    },
  );
  return {
    abort: () => {
      isAborted = true;
      void operation.abort();
    },
  };
}
