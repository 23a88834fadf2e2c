import type { ByteRange, PeerId, SegmentId } from "@shoal/protocol";
import type { LoadRequest, LoadTask, Player, Segment } from "../player.ts";
import { RateEstimate } from "../rate.ts";
import type { Counters } from "../stats.ts";
import { CdnRequests } from "./cdn-requests.ts";
import type { Copies } from "./copies.ts";
import type { Copy } from "./copy.ts";
import { Electorates, type ElectoratesRim } from "./electorates.ts";
import { lostAtMs } from "./patience.ts";
import { PeerRequests } from "./peer-requests.ts";
import { type PlanSegment, type PlanView, plan } from "./planner.ts";
import type { Timeline } from "./timeline.ts";

/** What getting segments needs from around it. */
export interface AcquisitionRim extends ElectoratesRim {
  readonly player: Player;
  readonly copies: Copies;
  readonly timeline: Timeline;
  readonly counters: Counters;
  /** Who said what of a segment. */
  readonly spoken: PlanView["spoken"];
  /** The integrator's word on what may be shared. */
  readonly shareable: (segment: Segment) => boolean;
  readonly sealing: () => boolean;
  readonly mostAskedBytes: number;
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
  failure: { readonly outcome: unknown; readonly passing: boolean; readonly sinceMs: number } | null;
}

/** Plans follow each other no faster: what happens in between is planned together. */
const PLAN_EVERY_MS = 80;
/** A request that fails is held, and tried again, for this long: players give up for good after a few errors. */
const HOLD_MS = 40_000;
/** Segments of a live track that are got before the player asks for them. */
const MAX_UPCOMING = 4;
/** Farther behind the live edge than so many target durations a viewer is where few others are: as on demand. */
const EDGE_TARGETS = 8;

/** Carries out what the planner decides: asks neighbours, asks the CDN, answers the player. */
export class Acquisition {
  readonly #rim: AcquisitionRim;
  readonly #loads = new Map<SegmentId, Load>();
  readonly #cdn: CdnRequests;
  readonly #peers: PeerRequests;
  readonly #peerRate = new RateEstimate(1_500_000);
  readonly #electorates: Electorates;
  #sealed = false;
  #sealsStoppedMs = Number.NEGATIVE_INFINITY;
  #planned = false;
  #plannedMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | null = null;
  #cancelSoon: (() => void) | null = null;
  #closed = false;

  constructor(rim: AcquisitionRim) {
    this.#rim = rim;
    this.#cdn = new CdnRequests(rim);
    this.#peers = new PeerRequests(rim);
    this.#electorates = new Electorates(rim, () => this.#cdn.failedMs);
  }

  /** The rate the next segment can count on, bit/s. */
  get rateBps(): number | null {
    return this.#cdn.bps ?? this.#peerRate.bps;
  }

  /** A transfer that the mesh had no part in. */
  sawCdn(bytes: number, durationMs: number): void {
    this.#cdn.saw(bytes, durationMs);
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
        if (load.fetched) this.#cdn.abort(id);
        this.replan();
      },
    };
  }

  /** Something changed: plan again, once, after everything else that happens now; soon, if that was done just now. */
  replan(): void {
    if (this.#planned || this.#closed) return;
    const nowMs = this.#rim.clock.now();
    const waitMs = this.#plannedMs + PLAN_EVERY_MS - nowMs;
    if (waitMs > 0) {
      this.#cancelSoon ??= this.#rim.clock.after(Math.ceil(waitMs), () => {
        // Timers of browsers may be early by part of a millisecond: then another one is needed.
        this.#cancelSoon = null;
        this.replan();
      });
      return;
    }
    this.#planned = true;
    this.#plannedMs = nowMs;
    this.#cancelSoon?.();
    this.#cancelSoon = null;
    Promise.resolve().then(() => {
      this.#planned = false;
      if (!this.#closed) this.#run();
    });
  }

  /** Who is elected among changed. */
  electorateChanged(): void {
    this.#electorates.changed();
    this.replan();
  }

  /** A copy changed: answer the player if it is complete, then plan. */
  changed(copy: Copy): void {
    this.#deliver(copy);
    this.replan();
  }

  /** A neighbour is gone, or took back what it promised: its pieces are asked of others. */
  released(peerId: PeerId, id: SegmentId | null, pieces: ReadonlySet<number> | null): void {
    this.#peers.released(peerId, id, pieces);
    this.replan();
  }

  /** Ends everything; loads under way are handed to the CDN. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelSoon?.();
    for (const id of this.#cdn.ids()) if (!this.#loads.get(id)?.fetched) this.#cdn.abort(id);
    for (const load of [...this.#loads.values()]) {
      if (!load.fetched) this.#fetchWhole(this.#copyFor(load), load);
      else if (load.failure) this.#fail(load, load.failure.outcome);
    }
  }

  #run(): void {
    const { clock } = this.#rim;
    for (const load of [...this.#loads.values()]) {
      if (load.fetched && !this.#rim.copies.get(load.request.segment.id)) continue;
      this.#deliver(this.#copyFor(load));
    }
    const { actions, untilMs } = plan(this.#view());
    let gaveUp = false;
    for (const action of actions) {
      const { kind, copy } = action;
      if (kind === "ask") this.#peers.ask(copy, action.peerId, action.pieces);
      else if (kind === "seek") this.#seek(copy);
      else if (kind === "fetch") this.#fetch(copy, action.range, action.rescue);
      else {
        gaveUp = true;
        if (kind === "give-up") this.#peers.giveUp(copy, action.peerId, action.pieces);
        else this.#cdn.giveUpRanges(copy);
      }
    }
    this.#failLoads();
    this.#cancelTimer?.();
    this.#cancelTimer = Number.isFinite(untilMs)
      ? clock.after(Math.max(1, untilMs - clock.now()), () => this.replan())
      : null;
    if (gaveUp) this.replan();
  }

  /** A copy may have been dropped under a load that nothing was asked for yet: its track began anew. */
  #copyFor({ request }: Load): Copy {
    return this.#rim.copies.get(request.segment.id) ?? this.#rim.copies.begin(request.segment);
  }

  #view(): PlanView {
    const { clock, player, copies, timeline } = this.#rim;
    const nowMs = clock.now();
    const state = player.state();
    const endMs = state.playheadMs + state.bufferedAheadMs;
    this.#beginUpcoming(endMs);
    const segments: PlanSegment[] = [];
    for (const copy of copies.open()) {
      const load = this.#loads.get(copy.id);
      const { segment } = copy;
      const track = timeline.track(copy.trackId);
      const active = timeline.active.has(copy.trackId);
      const edgeMs = track?.segments[track.segments.length - 1]?.startMs ?? 0;
      const upcoming =
        track?.live === true && active && segment !== null && segment.startMs + segment.durationMs / 2 > endMs;
      const unlisted = segment === null && active;
      if (!load && !upcoming && !unlisted && copy.count("missing", "asked") === 0) continue;
      const waitMs = segment ? segment.startMs - endMs : 0;
      const aheadMs = state.bufferedAheadMs > 0 ? state.bufferedAheadMs + Math.max(0, waitMs) : 0;
      segments.push({
        copy,
        askedMs: load?.askedMs ?? null,
        upcoming: upcoming && state.bufferedAheadMs > 0,
        lostMs: load ? lostAtMs(state, copy.byteLength, nowMs) : Number.POSITIVE_INFINITY,
        dryMs: load || upcoming ? nowMs + aheadMs / (state.playbackRate || 1) : Number.POSITIVE_INFINITY,
        canFetchWhole: load !== undefined && !load.fetched,
        canSplit: segment !== null && this.#cdn.takesRanges(segment),
        gaveRanges: segment !== null && this.#cdn.gaveRanges(segment),
        electorate: this.#electorates.of(copy.trackId),
        nearby: this.#electorates.nearby(copy.trackId),
        fits: copies.fits(copy),
        live: track?.live === true && !(segment && edgeMs - segment.startMs > EDGE_TARGETS * track.targetDurationMs),
        targetDurationMs: track?.targetDurationMs ?? 4000,
      });
    }
    const { self, spoken, mostAskedBytes } = this.#rim;
    const neighbours = this.#rim.neighbours();
    const sealing = this.#rim.sealing();
    if (this.#sealed && !sealing) this.#sealsStoppedMs = nowMs;
    this.#sealed = sealing && neighbours.length > 0;
    return {
      nowMs,
      self,
      sealing,
      sealsStoppedMs: this.#sealsStoppedMs,
      segments,
      neighbours,
      spoken,
      cdnBps: this.#cdn.bps,
      mostAskedBytes,
    };
  }

  /** Live segments are begun as soon as they are listed: players ask for one after the other. */
  #beginUpcoming(bufferEndMs: number): void {
    const { copies, timeline, shareable, sealing } = this.#rim;
    if (!sealing() || this.#rim.neighbours().length === 0) return;
    for (const trackId of timeline.active) {
      const track = timeline.track(trackId);
      if (!track?.live) continue;
      const from = Math.max(0, track.segments.length - MAX_UPCOMING);
      for (let at = from; at < track.segments.length; at++) {
        const segment = track.segments[at];
        if (!segment || segment.startMs + segment.durationMs / 2 <= bufferEndMs) continue;
        if (copies.get(segment.id)?.segment || !shareable(segment)) continue;
        copies.begin(segment);
      }
    }
  }

  #seek(copy: Copy): void {
    copy.sought = true;
    this.#rim.player.refresh?.(copy.trackId);
  }

  #fetch(copy: Copy, range: ByteRange | null, rescue: boolean): void {
    if (this.#cdn.underWay(copy.id)) return;
    const load = this.#loads.get(copy.id);
    if (rescue && !copy.rescued) {
      copy.rescued = true;
      this.#rim.counters.rescues++;
    }
    for (const index of copy.in("asked")) {
      const piece = copy.pieces[index];
      const { offset } = copy.extent(index);
      if (range && (offset < range.first || offset > range.last)) continue;
      if (piece?.peerId) this.#peers.giveUp(copy, piece.peerId, [index]);
    }
    if (!range) this.#cdn.abort(copy.id, true);
    if (!range && load && !load.fetched) this.#fetchWhole(copy, load);
    else this.#fetchPart(copy, range);
  }

  #fetchWhole(copy: Copy, load: Load): void {
    load.fetched = true;
    this.#cdn.abort(copy.id);
    this.#cdn.open(copy, null, (sink) => load.request.fetch(sink), {
      progress: (loaded, total) => {
        if (this.#loads.get(copy.id) === load) load.request.sink.progress(loaded, total);
      },
      done: (answer) => {
        if (this.#loads.get(copy.id) !== load) return this.#rim.copies.receiveCdn(copy, answer);
        this.#loads.delete(copy.id);
        const bytes = answer.bytes.slice(0);
        copy.delivered = true;
        this.#rim.copies.receiveCdn(copy, answer);
        this.#count(copy, load);
        const delivery = { cdnBytes: copy.cdnBytes, peerBytes: 0, rateBps: this.rateBps, plain: true };
        load.request.sink.done(bytes, delivery);
      },
      failed: (outcome, passing) => {
        load.failure = { outcome, passing, sinceMs: this.#rim.clock.now() };
        if (this.#closed) this.#fail(load, outcome);
        this.electorateChanged();
      },
    });
  }

  #fetchPart(copy: Copy, range: ByteRange | null): void {
    const { segment } = copy;
    if (!segment) return;
    this.#cdn.open(copy, range, (sink) => this.#rim.player.fetch(segment, range, sink), {
      progress: (loaded, total) => {
        const load = this.#loads.get(copy.id);
        if (!range && load && !load.fetched) load.request.sink.progress(loaded, total);
      },
      done: (answer) => this.#rim.copies.receiveCdn(copy, answer),
      failed: (outcome, passing) => {
        const load = this.#loads.get(copy.id);
        // What the player is told in the end is the newest failure.
        if (load?.failure) load.failure = { outcome, passing, sinceMs: load.failure.sinceMs };
        this.electorateChanged();
      },
    });
  }

  /** Hands failures to the player, except where a neighbour is delivering, or where the player could only ask the same again. */
  #failLoads(): void {
    const { clock, copies, player } = this.#rim;
    for (const [id, load] of [...this.#loads]) {
      if (!load.failure) continue;
      const copy = copies.get(id);
      if (copy && copy.count("asked", "checking") > 0) continue;
      const { passing, sinceMs } = load.failure;
      const isHeld = passing && clock.now() - sinceMs < HOLD_MS && !player.canTurnElsewhere?.();
      if (isHeld && (copy?.segment ?? false)) continue;
      this.#fail(load, load.failure.outcome);
    }
  }

  #fail(load: Load, outcome: unknown): void {
    const { id } = load.request.segment;
    if (this.#loads.get(id) !== load) return;
    this.#loads.delete(id);
    load.request.sink.failed(outcome);
  }

  #deliver(copy: Copy): void {
    const load = this.#loads.get(copy.id);
    if (!load) return;
    const bytes = this.#rim.copies.assemble(copy);
    if (!bytes) {
      this.#tellProgress(copy, load);
      return;
    }
    this.#loads.delete(copy.id);
    this.#cdn.abort(copy.id);
    copy.delivered = true;
    this.#count(copy, load);
    this.#peerRate.add(copy.peerBytes - load.bytesBefore, this.#rim.clock.now() - load.askedMs);
    const delivery = { cdnBytes: copy.cdnBytes, peerBytes: copy.peerBytes, rateBps: this.rateBps, plain: false };
    load.request.sink.done(bytes, delivery);
  }

  /**
   * While neighbours alone are asked the player hears nothing: it would take their trickle for what the network gives, and
   * fall to a lower rendition, though the CDN can still bring the rest in time. Once that is asked, its bytes tell; and
   * shortly before the player would give up what it takes for lost it hears how much is here, if that is most of it.
   */
  #tellProgress(copy: Copy, { request, fetched }: Load): void {
    const { clock, player } = this.#rim;
    if (fetched) return;
    const { hereBytes, byteLength } = copy;
    const isTold =
      this.#cdn.underWay(copy.id) ||
      (copy.isMostHere && clock.now() >= lostAtMs(player.state(), byteLength, clock.now()));
    if (hereBytes > 0 && isTold) request.sink.progress(hereBytes, byteLength);
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
