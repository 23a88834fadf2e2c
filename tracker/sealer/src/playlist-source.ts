import { accept, type ByteRange, type Result, refuse, segmentIdOf, segmentName } from "@shoal/protocol";
import type { Clock } from "./clock.ts";
import { isCues, readCues } from "./cues.ts";
import { type MpdTrack, playlistOf, readMpd } from "./mpd.ts";
import type { OriginClient, ReadError } from "./origin-client.ts";
import { type MediaPlaylist, type PlaylistError, readPlaylist } from "./playlist.ts";
import { type IndexedSegment, readSidx } from "./sidx.ts";

/** Where one track's list of segments is read, again and again. */
export interface PlaylistSource {
  read(): Promise<Result<MediaPlaylist, ReadError | PlaylistError>>;
}

/** Where a manifest lies, and what its names are relative to. */
export interface Place {
  readonly url: string;
  readonly prefix: string;
  readonly mediaBase: string;
}

/** A media playlist of HLS. @param definitions of the multivariant playlist */
export function hlsSource(
  client: OriginClient,
  { url, prefix, mediaBase }: Place,
  definitions: Readonly<Record<string, string>>,
): PlaylistSource {
  return {
    read: async () => {
      const answer = await client.text(url, prefix);
      if (!answer.ok) return answer;
      const read = readPlaylist(answer.value.text, answer.value.url, mediaBase, definitions);
      if (!read.ok) return read;
      if (read.value.kind !== "media") return refuse("not-a-playlist", "A media playlist was expected.");
      return accept(read.value);
    },
  };
}

/** Readings of one MPD for several tracks within so long are one, milliseconds. */
const SAME_MS = 200;

/** An MPD, read once for all its tracks. */
export class MpdSource {
  readonly #client: OriginClient;
  readonly #clock: Clock;
  readonly #place: Place;
  readonly #indexed = new Map<string, MediaPlaylist>();
  #read: {
    readonly atMs: number;
    readonly tracks: Promise<Result<readonly MpdTrack[], ReadError | PlaylistError>>;
  } | null = null;

  constructor(client: OriginClient, clock: Clock, place: Place) {
    this.#client = client;
    this.#clock = clock;
    this.#place = place;
  }

  /** All tracks that the MPD has now. */
  tracks(): Promise<Result<readonly MpdTrack[], ReadError | PlaylistError>> {
    const nowMs = this.#clock.now();
    if (!this.#read || nowMs - this.#read.atMs >= SAME_MS) this.#read = { atMs: nowMs, tracks: this.#load() };
    return this.#read.tracks;
  }

  /** One of its tracks, by Representation\@id. */
  track(name: string): PlaylistSource {
    return {
      read: async () => {
        const tracks = await this.tracks();
        if (!tracks.ok) return tracks;
        const track = tracks.value.find((other) => other.name === name);
        if (!track) return refuse("not-a-playlist", "The MPD no longer has this representation.");
        if (track.index) return this.#readIndex(track, track.index);
        if (track.playlist.segments.length === 0) return refuse("not-a-playlist", "It lists no segment.");
        return accept(track.playlist);
      },
    };
  }

  async #load(): Promise<Result<readonly MpdTrack[], ReadError | PlaylistError>> {
    const { url, prefix, mediaBase } = this.#place;
    const answer = await this.#client.text(url, prefix);
    if (!answer.ok) return answer;
    return readMpd(answer.value.text, answer.value.url, mediaBase, this.#clock.now());
  }

  async #readIndex(
    { name, playlist }: MpdTrack,
    { url, range }: NonNullable<MpdTrack["index"]>,
  ): Promise<Result<MediaPlaylist, ReadError | PlaylistError>> {
    const known = this.#indexed.get(name);
    if (known) return accept(known);
    const answer = await this.#client.segment(url, range, this.#place.prefix);
    if (!answer.ok) return answer;
    const { bytes } = answer.value;
    const indexed = isCues(bytes) ? await this.#readCues(url, range, bytes) : readSidx(bytes, range.first);
    if (!indexed || indexed.length === 0) return refuse("not-a-playlist", "The file's index cannot be read.");
    const segments = indexed.map(({ range: own, startMs, durationMs }) => ({
      segmentId: segmentIdOf(segmentName(url, this.#place.mediaBase, own)),
      url,
      range: own,
      sequence: Math.round(startMs),
      timeline: 0,
      durationMs,
    }));
    const read = playlistOf(playlist.trackIds, segments, playlist.isComplete);
    this.#indexed.set(name, read);
    return accept(read);
  }

  /** WebM: the index counts from a place that only the beginning of the file tells. */
  async #readCues(url: string, { first }: ByteRange, cues: Uint8Array): Promise<readonly IndexedSegment[] | null> {
    const header = await this.#client.segment(url, { first: 0, last: first - 1 }, this.#place.prefix);
    return header.ok ? readCues(header.value.bytes, cues) : null;
  }
}
