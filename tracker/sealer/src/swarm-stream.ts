import { mediaBaseOf, type SealingState, type SegmentId, type SwarmId, type TrackId } from "@shoal/protocol";
import { allowedUrl } from "./media-base.ts";
import { isMpd } from "./mpd.ts";
import { readPlaylist } from "./playlist.ts";
import { PlaylistFollower, type SealerParts } from "./playlist-follower.ts";
import { hlsSource, MpdSource, type PlaylistSource } from "./playlist-source.ts";
import { SealStore, type StoredSeal } from "./seal-store.ts";
import type { Source, Sources } from "./sources.ts";

/** Whether a swarm is sealed, and why not. */
export interface StreamState {
  readonly state: SealingState;
  readonly reason: string;
}

/** What a {@link SwarmStream} is of, and whom it tells. */
export interface StreamOptions {
  readonly swarm: SwarmId;
  readonly contentId: string;
  readonly sources: Sources;
  readonly minViewers: number;
  readonly maxSeals: number;
  readonly onSeal: (seal: StoredSeal) => void;
  readonly onState: (state: StreamState) => void;
}

/** A track is sealed for so long after its viewers became too few, milliseconds. */
const GRACE_MS = 60_000;
/** A manifest is read again at most so often, where a track is watched that no playlist has, milliseconds. */
const REPROBE_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
const PROBES_AT_ONCE = 4;
const MAX_PLAYLISTS = 64;
/** News that come before the playlists are read wait for them: a viewer says each only once. */
const MAX_EARLY_NEWS = 32;

interface Followed {
  readonly follower: PlaylistFollower;
  /** The manifest that named it. */
  readonly manifestUrl: string;
  /** When it last had viewers enough. */
  enoughAtMs: number;
}

/** Everything the sealer does for one swarm: finds its playlists, follows those that enough viewers watch. */
export class SwarmStream {
  readonly #parts: SealerParts;
  readonly #options: StreamOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #mpds = new Map<string, MpdSource>();
  readonly store: SealStore;
  readonly #early = new Map<SegmentId, TrackId>();
  #viewers: ReadonlyMap<TrackId, number> = new Map();
  #manifests: readonly string[] = [];
  #state: StreamState = { state: "too-few-viewers", reason: "Nobody watches yet." };
  #trouble: StreamState | null = null;
  #failures = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading = false;
  #isClosed = false;
  #cancel: () => void = () => {};
  #cancelBalance: () => void = () => {};

  constructor(parts: SealerParts, options: StreamOptions) {
    this.#parts = parts;
    this.#options = options;
    this.store = new SealStore(options.maxSeals);
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Who watches what now, over all trackers. */
  update(viewers: ReadonlyMap<TrackId, number>, manifests: readonly string[]): void {
    this.#viewers = viewers;
    if (manifests.join(" ") !== this.#manifests.join(" ")) this.#failures = 0;
    this.#manifests = manifests;
    this.#balance();
  }

  news(trackId: TrackId, segmentId: SegmentId): void {
    if (this.#deliver(trackId, segmentId)) return;
    this.#early.set(segmentId, trackId);
    for (const oldest of this.#early.keys()) {
      if (this.#early.size <= MAX_EARLY_NEWS) break;
      this.#early.delete(oldest);
    }
  }

  /** @returns false where no playlist of that track is followed yet */
  #deliver(trackId: TrackId, segmentId: SegmentId): boolean {
    let isFollowed = false;
    for (const { follower } of this.#followed.values()) {
      if (!follower.isActive || !follower.trackIds.includes(trackId)) continue;
      isFollowed = true;
      follower.news(segmentId);
    }
    return isFollowed;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#cancelBalance();
    for (const { follower } of this.#followed.values()) follower.close();
  }

  /** Follows what enough viewers watch, lets be what too few do, and says what became of it. */
  #balance(): void {
    if (this.#isClosed) return;
    const now = this.#parts.clock.now();
    const { minViewers } = this.#options;
    let soonestMs = Number.POSITIVE_INFINITY;
    const known = new Set<TrackId>();
    const readers = new Map<TrackId, string>();
    for (const followed of this.#followed.values()) {
      const { follower, manifestUrl } = followed;
      let viewers = 0;
      for (const trackId of follower.trackIds) {
        known.add(trackId);
        viewers += this.#viewers.get(trackId) ?? 0;
      }
      if (viewers >= minViewers) followed.enoughAtMs = now;
      const graceMs = followed.enoughAtMs + GRACE_MS - now;
      // An HLS and a DASH manifest of the same files: each track is read through one of them, while that one answers.
      const reader = follower.trackIds.map((trackId) => readers.get(trackId)).find((url) => url !== undefined);
      const isAnothers = reader !== undefined && reader !== manifestUrl;
      follower.setActive(graceMs > 0 && !isAnothers);
      if (follower.health.state === "ok") for (const trackId of follower.trackIds) readers.set(trackId, manifestUrl);
      if (graceMs > 0 && viewers < minViewers) soonestMs = Math.min(soonestMs, graceMs);
    }
    for (const [segmentId, trackId] of this.#early) {
      if (this.#deliver(trackId, segmentId)) this.#early.delete(segmentId);
    }
    this.#cancelBalance();
    if (soonestMs < Number.POSITIVE_INFINITY) {
      this.#cancelBalance = this.#parts.clock.after(soonestMs, () => this.#balance());
    }
    const isMissing = [...this.#viewers].some(([trackId, count]) => count >= minViewers && !known.has(trackId));
    if (isMissing) this.#readWithin(this.#followed.size === 0 ? 0 : REPROBE_MS);
    this.#tell();
  }

  #readWithin(everyMs: number): void {
    if (this.#reading || this.#isClosed) return;
    const { clock } = this.#parts;
    const retryMs = this.#failures === 0 ? 0 : Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    const delayMs = this.#readAtMs + Math.max(everyMs, retryMs) - clock.now();
    this.#cancel();
    if (delayMs > 0) this.#cancel = clock.after(delayMs, () => this.#balance());
    else void this.#read();
  }

  /** Reads the manifests, and once every playlist that is not followed, to learn which tracks there are. */
  async #read(): Promise<void> {
    const sources = this.#options.sources.of(this.#options.contentId, this.#manifests);
    this.#readAtMs = this.#parts.clock.now();
    if (!sources.ok) {
      this.#failures++;
      const state = sources.code === "refused" ? "sealer-refused" : "unsealed";
      this.#trouble = { state, reason: sources.reason };
      this.#tell();
      this.#readWithin(0);
      return;
    }
    this.#reading = true;
    let trouble: StreamState | null = null;
    for (const source of sources.value) {
      const found = await this.#readManifest(source);
      if (found) trouble ??= found;
    }
    await this.#probe();
    this.#reading = false;
    this.#readAtMs = this.#parts.clock.now();
    this.#trouble = this.#followed.size > 0 ? null : trouble;
    this.#failures = this.#followed.size > 0 ? 0 : this.#failures + 1;
    this.#balance();
  }

  /** @returns what went wrong, or `null` */
  async #readManifest({ manifestUrl, prefix, mediaBase }: Source): Promise<StreamState | null> {
    const answer = await this.#parts.client.text(manifestUrl, prefix);
    if (!answer.ok) {
      this.#parts.metrics.failed("manifest");
      return { state: answer.code === "away" ? "no-seal" : "sealer-refused", reason: answer.reason };
    }
    const { url, text } = answer.value;
    const base = mediaBase ?? mediaBaseOf(url);
    if (isMpd(text)) return this.#readMpd(manifestUrl, prefix, base);
    const read = readPlaylist(text, url, base);
    if (!read.ok) return { state: "no-seal", reason: read.reason };
    const isMedia = read.value.kind === "media";
    const urls = read.value.kind === "media" ? [url] : read.value.playlists;
    const definitions = read.value.kind === "media" ? {} : read.value.definitions;
    const allowed = urls.map((playlist) => allowedUrl(playlist, prefix)).filter((playlist) => playlist !== null);
    if (allowed.length === 0 && !isMedia) {
      return { state: "sealer-refused", reason: "The manifest's playlists are not below the media base." };
    }
    for (const playlist of allowed.slice(0, MAX_PLAYLISTS)) {
      const place = { url: playlist, prefix, mediaBase: base };
      this.#add(playlist, manifestUrl, prefix, hlsSource(this.#parts.client, place, definitions));
    }
    return null;
  }

  async #readMpd(manifestUrl: string, prefix: string, mediaBase: string): Promise<StreamState | null> {
    const { client, clock } = this.#parts;
    const mpd = this.#mpds.get(manifestUrl) ?? new MpdSource(client, clock, { url: manifestUrl, prefix, mediaBase });
    this.#mpds.set(manifestUrl, mpd);
    const tracks = await mpd.tracks();
    if (!tracks.ok) return { state: "no-seal", reason: tracks.reason };
    for (const { name } of tracks.value.slice(0, MAX_PLAYLISTS)) {
      this.#add(`${manifestUrl}#${name}`, manifestUrl, prefix, mpd.track(name));
    }
    return null;
  }

  #add(key: string, manifestUrl: string, prefix: string, source: PlaylistSource): void {
    if (this.#followed.has(key) || this.#isClosed) return;
    const { swarm, onSeal } = this.#options;
    const onChange = () => this.#balance();
    const options = { swarm, source, prefix, store: this.store, onSeal, onChange };
    const follower = new PlaylistFollower(this.#parts, options);
    this.#followed.set(key, { follower, manifestUrl, enoughAtMs: Number.NEGATIVE_INFINITY });
  }

  async #probe(): Promise<void> {
    const idle = [...this.#followed.values()].filter(({ follower }) => !follower.isActive);
    for (let at = 0; at < idle.length; at += PROBES_AT_ONCE) {
      await Promise.all(idle.slice(at, at + PROBES_AT_ONCE).map(({ follower }) => follower.probe()));
    }
  }

  #tell(): void {
    const next = this.#evaluate();
    if (next.state === this.#state.state && next.reason === this.#state.reason) return;
    this.#state = next;
    this.#options.onState(next);
  }

  #evaluate(): StreamState {
    if (this.#trouble) return this.#trouble;
    const followers = [...this.#followed.values()].map(({ follower }) => follower);
    const active = followers.filter((follower) => follower.isActive);
    if (active.length === 0) {
      // A playlist that cannot be read tells no track: what is known to be wrong with it is the better answer.
      const refused = followers.find((follower) => isRefused(follower));
      const isWatched = [...this.#viewers.values()].some((count) => count >= this.#options.minViewers);
      if (isWatched && refused) return refusal(refused);
      if (isWatched && this.#reading) return this.#state;
      const away = followers.find(({ health }) => health.state !== "ok");
      if (isWatched && away) return { state: "no-seal", reason: away.health.state === "ok" ? "" : away.health.reason };
      if (isWatched && followers.length > 0) {
        return { state: "sealer-refused", reason: "No playlist of the manifest has the tracks that are watched." };
      }
      return { state: "too-few-viewers", reason: "No track has viewers enough." };
    }
    const refused = active.find((follower) => isRefused(follower));
    return refused && active.every((follower) => isRefused(follower)) ? refusal(refused) : { state: "on", reason: "" };
  }
}

const isRefused = ({ health }: PlaylistFollower): boolean => health.state === "refused" || health.state === "outside";

const refusal = ({ health }: PlaylistFollower): StreamState => ({
  state: "sealer-refused",
  reason: health.state === "ok" ? "" : health.reason,
});
