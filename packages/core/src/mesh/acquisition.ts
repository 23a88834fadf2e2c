import { type ByteRange, type PeerId, type SegmentId, toRanges } from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { CdnAnswer, LoadRequest, LoadTask, Player } from "../player.ts";
import { RateEstimate } from "../rate.ts";
import type { Counters } from "../stats.ts";
import type { Copies } from "./copies.ts";
import type { Copy } from "./copy.ts";
import type { Neighbour } from "./neighbour.ts";
import { type PlanSegment, type PlanView, plan } from "./planner.ts";
import type { Timeline } from "./timeline.ts";

/** What getting segments needs from around it. */
export interface AcquisitionRim {
  readonly clock: Clock;
  readonly player: Player;
  readonly copies: Copies;
  readonly timeline: Timeline;
  readonly counters: Counters;
  readonly self: PeerId;
  readonly neighbours: () => readonly Neighbour[];
  readonly uploads: () => boolean;
  readonly sealing: () => boolean;
  /** A CDN request for a segment began, or failed: neighbours must know. */
  readonly announceFetch: (copy: Copy, fetching: boolean) => void;
}

interface Load {
  readonly request: LoadRequest;
  readonly askedMs: number;
  /** What neighbours had sent of the segment before it was asked for: memory, not a rate. */
  readonly bytesBefore: number;
  /** The load's own request was started; it reports to the player directly from then on. */
  fetched: boolean;
  /** What the CDN said, kept back while neighbours can still deliver. */
  failure: { readonly outcome: unknown } | null;
}

interface Fetch {
  abort(): void;
  readonly own: boolean;
}

/** Carries out what the planner decides: asks neighbours, asks the CDN, answers the player. */
export class Acquisition {
  readonly #rim: AcquisitionRim;
  readonly #loads = new Map<SegmentId, Load>();
  readonly #fetches = new Map<SegmentId, Fetch>();
  readonly #cdnRate = new RateEstimate(1_500_000);
  readonly #peerRate = new RateEstimate(1_500_000);
  #planned = false;
  #cancelTimer: (() => void) | null = null;
  #closed = false;

  constructor(rim: AcquisitionRim) {
    this.#rim = rim;
  }

  /** The rate the next segment can count on, bit/s. */
  get rateBps(): number | null {
    return this.#cdnRate.bps ?? this.#peerRate.bps;
  }

  /** A transfer that the mesh had no part in. */
  sawCdn(bytes: number, durationMs: number): void {
    this.#cdnRate.add(bytes, durationMs);
  }

  /** Null where the same segment is being loaded already: each load is answered through its segment's id. */
  load(request: LoadRequest): LoadTask | null {
    const { id } = request.segment;
    if (this.#loads.has(id)) return null;
    const bytesBefore = this.#rim.copies.get(request.segment.id)?.peerBytes ?? 0;
    const load: Load = { request, askedMs: this.#rim.clock.now(), bytesBefore, fetched: false, failure: null };
    this.#loads.set(id, load);
    this.#rim.copies.begin(request.segment);
    this.replan();
    return {
      abort: () => {
        if (this.#loads.get(id) !== load) return;
        this.#loads.delete(id);
        if (load.fetched) this.#endFetch(id);
        this.replan();
      },
    };
  }

  /** Something changed: plan again, once, after everything else that happens now. */
  replan(): void {
    if (this.#planned || this.#closed) return;
    this.#planned = true;
    Promise.resolve().then(() => {
      this.#planned = false;
      if (!this.#closed) this.#run();
    });
  }

  /** A copy changed: answer the player if it is complete, then plan. */
  changed(copy: Copy): void {
    this.#deliver(copy);
    this.replan();
  }

  /** A neighbour is gone, or took back what it promised: its pieces are asked of others. */
  released(peerId: PeerId, id: SegmentId | null, pieces: ReadonlySet<number> | null): void {
    for (const copy of this.#rim.copies.all()) {
      if (id !== null && copy.id !== id) continue;
      for (const index of copy.in("asked")) {
        if (copy.pieces[index]?.peerId !== peerId || (pieces && !pieces.has(index))) continue;
        this.#takeBack(copy, index, false);
      }
    }
    this.replan();
  }

  /** Ends everything; loads under way are handed to the CDN. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    for (const load of [...this.#loads.values()]) {
      if (!load.fetched) this.#fetchWhole(this.#copyFor(load), load);
      else if (load.failure) this.#fail(load, load.failure.outcome);
    }
    for (const [id, fetch] of [...this.#fetches]) if (!fetch.own) this.#endFetch(id);
  }

  #run(): void {
    const { clock } = this.#rim;
    for (const load of [...this.#loads.values()]) {
      if (load.fetched && !this.#rim.copies.get(load.request.segment.id)) continue;
      const copy = this.#copyFor(load);
      if (copy.complete) this.#deliver(copy);
    }
    const { actions, untilMs } = plan(this.#view());
    for (const action of actions) {
      if (action.kind === "ask") this.#ask(action.copy, action.peerId, action.pieces);
      else if (action.kind === "give-up") this.#giveUp(action.copy, action.peerId, action.pieces);
      else this.#fetch(action.copy, action.range, action.rescue);
    }
    this.#failLoads();
    this.#cancelTimer?.();
    this.#cancelTimer = Number.isFinite(untilMs)
      ? clock.after(Math.max(1, untilMs - clock.now()), () => this.replan())
      : null;
    if (actions.some(({ kind }) => kind === "give-up")) this.replan();
  }

  /** A copy may have been dropped under a load that nothing was asked for yet: its track began anew. */
  #copyFor({ request }: Load): Copy {
    return this.#rim.copies.get(request.segment.id) ?? this.#rim.copies.begin(request.segment);
  }

  #view(): PlanView {
    const { clock, player, copies, timeline } = this.#rim;
    const nowMs = clock.now();
    const state = player.state();
    const segments: PlanSegment[] = [];
    for (const copy of copies.all()) {
      const load = this.#loads.get(copy.id);
      if (copy.complete || (!load && copy.count("missing", "asked") === 0)) continue;
      const track = timeline.track(copy.trackId);
      const waitMs = copy.segment ? copy.segment.startMs - state.playheadMs - state.bufferedAheadMs : 0;
      const aheadMs = state.bufferedAheadMs > 0 ? state.bufferedAheadMs + Math.max(0, waitMs) : 0;
      segments.push({
        copy,
        asked: load !== undefined && load.failure === null,
        dryMs: load ? nowMs + aheadMs / (state.playbackRate || 1) : Number.POSITIVE_INFINITY,
        canFetchWhole: load !== undefined && !load.fetched,
        fits: copies.fits(copy),
        live: track?.live ?? false,
        targetDurationMs: track?.targetDurationMs ?? 4000,
      });
    }
    return {
      nowMs,
      self: this.#rim.self,
      uploads: this.#rim.uploads(),
      sealing: this.#rim.sealing(),
      segments,
      neighbours: this.#rim.neighbours(),
      cdnBps: this.#cdnRate.bps,
    };
  }

  #ask(copy: Copy, peerId: PeerId, pieces: readonly number[]): void {
    const neighbour = this.#rim.neighbours().find((other) => other.peerId === peerId);
    if (!neighbour || !this.#rim.copies.mayQuarantine(copy)) return;
    const nowMs = this.#rim.clock.now();
    const edition = neighbour.announced(copy.id)?.edition ?? 0;
    if (!copy.seal && edition !== 0) neighbour.wantSeal(copy.id, nowMs);
    for (const index of pieces) {
      copy.set(index, "asked", nowMs, peerId);
      neighbour.asked(copy.extent(index).length, nowMs);
    }
    neighbour.send({ type: "request", segmentId: copy.id, edition, withinMs: 0, pieces: toRanges(pieces) });
  }

  #giveUp(copy: Copy, peerId: PeerId, pieces: readonly number[]): void {
    const neighbour = this.#rim.neighbours().find((other) => other.peerId === peerId);
    neighbour?.send({ type: "cancel", segmentId: copy.id, pieces: toRanges(pieces) });
    for (const index of pieces) this.#takeBack(copy, index, true);
  }

  #takeBack(copy: Copy, index: number, late: boolean): void {
    const piece = copy.pieces[index];
    if (piece?.state !== "asked") return;
    const neighbour = this.#rim.neighbours().find((other) => other.peerId === piece.peerId);
    neighbour?.released(copy.extent(index).length - piece.receivedBytes, late);
    this.#rim.copies.forgetPiece(copy, index);
  }

  #fetch(copy: Copy, range: ByteRange | null, rescue: boolean): void {
    if (this.#fetches.has(copy.id)) return;
    const load = this.#loads.get(copy.id);
    if (rescue) {
      copy.rescued = true;
      this.#rim.counters.rescues++;
    }
    for (const index of copy.in("asked")) {
      const piece = copy.pieces[index];
      const { offset } = copy.extent(index);
      if (range && (offset < range.first || offset > range.last)) continue;
      if (piece?.peerId) this.#giveUp(copy, piece.peerId, [index]);
    }
    if (!range && load && !load.fetched) this.#fetchWhole(copy, load);
    else if (copy.segment) this.#fetchPart(copy, range);
  }

  #fetchWhole(copy: Copy, load: Load): void {
    load.fetched = true;
    const begunMs = this.#begin(copy);
    const task = load.request.fetch({
      progress: (loaded, total) => {
        this.#progress(copy, loaded);
        if (this.#loads.get(copy.id) === load) load.request.sink.progress(loaded, total);
      },
      done: (answer) => {
        this.#finish(copy, answer, begunMs);
        if (this.#loads.get(copy.id) !== load) return this.#rim.copies.receiveCdn(copy, answer);
        this.#loads.delete(copy.id);
        const bytes = answer.bytes.slice(0);
        copy.delivered = true;
        this.#rim.copies.receiveCdn(copy, answer);
        this.#count(copy, load);
        const delivery = { cdnBytes: copy.cdnBytes, peerBytes: 0, rateBps: this.rateBps, plain: true };
        load.request.sink.done(bytes, delivery);
      },
      failed: (outcome) => {
        load.failure = { outcome };
        this.#failed(copy);
        if (this.#closed) this.#fail(load, outcome);
      },
    });
    if (this.#loads.get(copy.id) === load) this.#fetches.set(copy.id, { abort: () => task.abort(), own: true });
  }

  #fetchPart(copy: Copy, range: ByteRange | null): void {
    if (!copy.segment) return;
    const begunMs = this.#begin(copy);
    const task = this.#rim.player.fetch(copy.segment, range, {
      progress: (loaded) => this.#progress(copy, loaded),
      done: (answer) => {
        this.#finish(copy, answer, begunMs);
        this.#rim.copies.receiveCdn(copy, answer);
      },
      failed: () => this.#failed(copy),
    });
    this.#fetches.set(copy.id, { abort: () => task.abort(), own: false });
  }

  #begin(copy: Copy): number {
    const nowMs = this.#rim.clock.now();
    copy.cdnSinceMs = copy.cdnProgressMs = nowMs;
    copy.cdnLoadedBytes = 0;
    this.#rim.announceFetch(copy, true);
    return nowMs;
  }

  #finish(copy: Copy, answer: CdnAnswer, begunMs: number): void {
    this.#fetches.delete(copy.id);
    copy.cdnSinceMs = null;
    copy.cdnLoadedBytes = 0;
    this.#rim.counters.cdnBytes += answer.bytes.byteLength;
    this.#cdnRate.add(answer.bytes.byteLength, this.#rim.clock.now() - begunMs);
  }

  /** A CDN request failed. The load's own is asked next if it is unused; its failure is the player's to see. */
  #failed(copy: Copy): void {
    this.#fetches.delete(copy.id);
    this.#lose(copy);
    copy.cdnFailed = true;
    this.#rim.announceFetch(copy, false);
    const load = this.#loads.get(copy.id);
    if (load && !load.failure && !load.fetched) this.#fetchWhole(copy, load);
    this.replan();
  }

  /** Hands failures to the player, except where a neighbour is still delivering. */
  #failLoads(): void {
    for (const [id, load] of [...this.#loads]) {
      if (!load.failure) continue;
      const copy = this.#rim.copies.get(id);
      if (copy && copy.count("asked", "checking") > 0) continue;
      this.#fail(load, load.failure.outcome);
    }
  }

  #fail(load: Load, outcome: unknown): void {
    const { id } = load.request.segment;
    if (this.#loads.get(id) !== load) return;
    this.#loads.delete(id);
    load.request.sink.failed(outcome);
  }

  #endFetch(id: SegmentId): void {
    const fetch = this.#fetches.get(id);
    if (!fetch) return;
    this.#fetches.delete(id);
    fetch.abort();
    const copy = this.#rim.copies.get(id);
    if (!copy) return;
    this.#lose(copy);
    this.#rim.announceFetch(copy, false);
  }

  #progress(copy: Copy, loadedBytes: number): void {
    if (loadedBytes <= 0) return;
    copy.cdnProgressMs = this.#rim.clock.now();
    copy.cdnLoadedBytes = loadedBytes;
  }

  /** What a CDN request had brought before it was given up was paid for all the same. */
  #lose(copy: Copy): void {
    this.#rim.counters.cdnBytes += copy.cdnLoadedBytes;
    this.#rim.counters.wastedBytes += copy.cdnLoadedBytes;
    copy.cdnLoadedBytes = 0;
    copy.cdnSinceMs = null;
  }

  #deliver(copy: Copy): void {
    const load = this.#loads.get(copy.id);
    if (!load) return;
    const bytes = this.#rim.copies.assemble(copy);
    if (!bytes) {
      const received = copy.pieces.reduce((sum, piece) => sum + piece.receivedBytes, 0);
      if (received > 0 && !load.fetched) load.request.sink.progress(received, copy.byteLength);
      return;
    }
    this.#loads.delete(copy.id);
    this.#endFetch(copy.id);
    copy.delivered = true;
    this.#count(copy, load);
    this.#peerRate.add(copy.peerBytes - load.bytesBefore, this.#rim.clock.now() - load.askedMs);
    const delivery = { cdnBytes: copy.cdnBytes, peerBytes: copy.peerBytes, rateBps: this.rateBps, plain: false };
    load.request.sink.done(bytes, delivery);
  }

  #count(copy: Copy, load: Load): void {
    this.#rim.counters.addSegment({
      id: copy.id,
      cdnBytes: copy.cdnBytes,
      peerBytes: copy.peerBytes,
      loadMs: this.#rim.clock.now() - load.askedMs,
      rescued: copy.rescued,
    });
  }
}
