import { encodeSeal, type SegmentId, type SwarmId, type TrackId } from "@shoal/protocol";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { OriginClient, ReadError } from "./origin-client.ts";
import type { MediaPlaylist } from "./playlist.ts";
import type { PlaylistSource } from "./playlist-source.ts";
import { type Entry, ReadingList } from "./reading-list.ts";
import type { SealStore, StoredSeal } from "./seal-store.ts";
import type { Signer } from "./signer.ts";
import { compareWindows } from "./window.ts";

/** What all followers of one sealer share. */
export interface SealerParts {
  readonly clock: Clock;
  readonly client: OriginClient;
  readonly signer: Signer;
  readonly log: Log;
  readonly metrics: SealerCounts;
}

/** What followers count. */
export interface SealerCounts {
  sealed(delayMs: number): void;
  failed(error: string): void;
  restarted(): void;
}

/** What a follower is of, and whom it tells. */
export interface FollowerOptions {
  readonly swarm: SwarmId;
  readonly source: PlaylistSource;
  /** Only URLs that start like this are read. */
  readonly prefix: string;
  readonly store: SealStore;
  readonly onSeal: (seal: StoredSeal) => void;
  /** Its health or its tracks have changed. */
  readonly onChange: () => void;
}

/** Whether the CDN lets the sealer read. */
export type Health = { readonly state: "ok" } | { readonly state: ReadError | "unread"; readonly reason: string };

const READS_AT_ONCE = 2;
/** Least time between two reloads that viewers cause, milliseconds; doubles while they bring nothing. */
const NEWS_EVERY_MS = 250;
const MAX_FAILED_RELOAD_MS = 10_000;
/** Ids of init segments that a playlist had and that viewers may still know it by. */
const MAX_TRACK_IDS = 8;
/** Segments in a row that the CDN refuses before the track counts as refused. */
const REFUSED_IN_A_ROW = 3;
/** Seals are kept for a window and two more. */
const WINDOWS_KEPT = 2;

/** Follows one media playlist: reloads it, reads each segment once while it is listed, seals it. */
export class PlaylistFollower {
  readonly #parts: SealerParts;
  readonly #options: FollowerOptions;
  readonly #list = new ReadingList();
  #last: MediaPlaylist | null = null;
  #trackIds: readonly TrackId[] = [];
  #health: Health = { state: "unread", reason: "The playlist was not read yet." };
  #isActive = false;
  #isClosed = false;
  #loading: Promise<void> | null = null;
  #loadAgain = false;
  #loadedAtMs = Number.NEGATIVE_INFINITY;
  #newsEveryMs = NEWS_EVERY_MS;
  #failedLoads = 0;
  #refusedReads = 0;
  #reading = 0;
  #cancelLoad: () => void = () => {};
  #cancelRead: () => void = () => {};
  #nextLoadMs = Number.POSITIVE_INFINITY;

  constructor(parts: SealerParts, options: FollowerOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** The ids by which viewers may know this track. */
  get trackIds(): readonly TrackId[] {
    return this.#trackIds;
  }

  get health(): Health {
    return this.#health;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  /** Reads the playlist once, to know which track it is. */
  probe(): Promise<void> {
    return this.#load();
  }

  /** Follows from now on, or lets be. What is sealed stays. */
  setActive(isActive: boolean): void {
    if (isActive === this.#isActive || this.#isClosed) return;
    this.#isActive = isActive;
    if (!isActive) {
      this.#cancelLoad();
      this.#cancelRead();
    } else if (this.#last?.isComplete) this.#pump();
    else void this.#load();
  }

  /** A viewer announced a segment: look sooner. */
  news(segmentId: SegmentId): void {
    if (!this.#isActive) return;
    const entry = this.#list.get(segmentId);
    if (entry?.phase === "sealed") {
      const seal = this.#options.store.get(segmentId);
      if (seal) this.#options.onSeal(seal);
      else entry.phase = "waiting"; // It was among too many, and is read again.
    }
    if (this.#list.want(segmentId)) this.#pump();
    else if (!this.#last?.isComplete) this.#loadWithin(this.#loadedAtMs + this.#newsEveryMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#isActive = false;
    this.#cancelLoad();
    this.#cancelRead();
  }

  #loadWithin(atMs: number): void {
    if (this.#loading) {
      this.#loadAgain = true;
      return;
    }
    if (atMs >= this.#nextLoadMs) return;
    this.#cancelLoad();
    this.#nextLoadMs = atMs;
    const delayMs = Math.max(0, atMs - this.#parts.clock.now());
    this.#cancelLoad = this.#parts.clock.after(delayMs, () => void this.#load());
  }

  #load(): Promise<void> {
    this.#cancelLoad();
    this.#nextLoadMs = Number.POSITIVE_INFINITY;
    this.#loading ??= this.#loadOnce().finally(() => {
      this.#loading = null;
      if (!this.#isActive) return;
      const soonMs = this.#loadedAtMs + this.#newsEveryMs;
      if (this.#loadAgain) this.#loadWithin(soonMs);
      this.#loadAgain = false;
    });
    return this.#loading;
  }

  async #loadOnce(): Promise<void> {
    const read = await this.#options.source.read();
    if (this.#isClosed) return;
    this.#loadedAtMs = this.#parts.clock.now();
    if (!read.ok) {
      this.#parts.metrics.failed("playlist");
      this.#failedLoads++;
      this.#setHealth({ state: read.code === "not-a-playlist" ? "away" : read.code, reason: read.reason });
      this.#schedule(Math.min(MAX_FAILED_RELOAD_MS, 500 * 2 ** Math.min(this.#failedLoads, 6)));
      return;
    }
    this.#failedLoads = 0;
    this.#apply(read.value);
  }

  #apply(playlist: MediaPlaylist): void {
    const { store, swarm } = this.#options;
    const now = this.#parts.clock.now();
    const change = compareWindows(this.#last, playlist);
    if (change.restarted) {
      this.#parts.metrics.restarted();
      this.#parts.log.info("playlist-went-back", { swarm, mediaSequence: playlist.mediaSequence });
      for (const segmentId of change.gone) store.drop(segmentId);
    } else {
      for (const segmentId of change.gone) store.noteGone(segmentId, now);
    }
    this.#last = playlist;
    this.#list.apply(change, playlist.isComplete);
    const windowMs = playlist.segments.reduce((sum, segment) => sum + segment.durationMs, 0);
    if (!playlist.isComplete) store.expire(now - WINDOWS_KEPT * Math.max(windowMs, playlist.targetMs));
    const trackIds = [...new Set([...playlist.trackIds, ...this.#trackIds])].slice(0, MAX_TRACK_IDS);
    const isRenamed = trackIds.join() !== this.#trackIds.join();
    this.#trackIds = trackIds;
    if (this.#health.state !== "ok" && this.#refusedReads < REFUSED_IN_A_ROW) this.#setHealth({ state: "ok" });
    else if (isRenamed) this.#options.onChange();
    const isNew = change.added.length > 0;
    this.#newsEveryMs = isNew ? NEWS_EVERY_MS : Math.min(this.#newsEveryMs * 2, playlist.targetMs / 2);
    if (!playlist.isComplete) this.#schedule(isNew ? playlist.targetMs : playlist.targetMs / 2);
    this.#pump();
  }

  #schedule(delayMs: number): void {
    if (!this.#isActive) return;
    const { clock } = this.#parts;
    this.#cancelLoad();
    this.#nextLoadMs = clock.now() + delayMs;
    this.#cancelLoad = clock.after(delayMs, () => void this.#load());
  }

  #pump(): void {
    while (this.#isActive && this.#reading < READS_AT_ONCE) {
      const entry = this.#list.next(this.#parts.clock.now());
      if (!entry) return this.#pumpAgain();
      entry.phase = "reading";
      this.#reading++;
      void this.#read(entry).finally(() => {
        this.#reading--;
        this.#pump();
      });
    }
  }

  #pumpAgain(): void {
    const { clock } = this.#parts;
    const retryMs = this.#list.retryAtMs();
    this.#cancelRead();
    // A wait of its own at least: an entry that nobody wants any more must not spin.
    if (retryMs !== null) this.#cancelRead = clock.after(Math.max(100, retryMs - clock.now()), () => this.#pump());
  }

  async #read(entry: Entry): Promise<void> {
    const { clock, client, signer, metrics } = this.#parts;
    const { segment, previousId } = entry;
    const { swarm, store, prefix } = this.#options;
    const startedMs = clock.now();
    const answer = await client.segment(segment.url, segment.range, prefix);
    // What the playlist no longer lists, or lists anew, is not what was read.
    if (this.#isClosed || !this.#list.lists(entry)) return;
    if (!answer.ok || answer.value.bytes.length === 0) {
      this.#readFailed(entry, answer.ok ? "away" : answer.code, answer.ok ? "It is empty." : answer.reason);
      return;
    }
    const trackId = this.#last?.trackId ?? this.#trackIds[0];
    if (trackId === undefined) return;
    const { segmentId } = segment;
    const sealedAtMs = clock.now();
    const seal = signer.seal(answer.value.bytes, { swarm, trackId, segmentId, previousId, sealedAtMs });
    entry.phase = "sealed";
    const stored: StoredSeal = { segmentId, trackIds: this.#trackIds, bytes: encodeSeal(seal) };
    store.put(stored);
    metrics.sealed(sealedAtMs - startedMs);
    this.#refusedReads = 0;
    this.#setHealth({ state: "ok" });
    this.#options.onSeal(stored);
  }

  #readFailed(entry: Entry, code: ReadError, reason: string): void {
    const { clock, metrics, log } = this.#parts;
    metrics.failed(code);
    log.debug("segment-not-read", { segment: entry.segment.segmentId, code, reason });
    this.#list.failed(entry, clock.now());
    this.#refusedReads = code === "refused" || code === "outside" ? this.#refusedReads + 1 : 0;
    if (this.#refusedReads >= REFUSED_IN_A_ROW) this.#setHealth({ state: code, reason });
  }

  #setHealth(health: Health): void {
    const isSame = health.state === this.#health.state;
    this.#health = health;
    if (!isSame) this.#options.onChange();
  }
}
