import type { PeerId, SharingMode, TrackId } from "@shoal/protocol";
import type { ResolvedOptions } from "./options.ts";
import type { LoadRequest, LoadTask, Player, Segment, TrackTimeline } from "./player.ts";
import type { Counters, NeighbourStats, SharingOffReason } from "./stats.ts";

/** The content that is played. */
export interface Content {
  readonly contentId: string;
  /** Path of the multivariant playlist or MPD, without query. */
  readonly manifest: string;
}

/** The part of Shoal that loads after playback has begun. */
export interface MeshPart {
  readonly offReason: SharingOffReason | null;
  readonly neighbours: readonly NeighbourStats[];
  readonly storedBytes: number;
  /** bit/s; null while unknown. */
  readonly uplinkBps: number | null;
  load(request: LoadRequest): LoadTask | null;
  adopt(segment: Segment, bytes: ArrayBuffer, durationMs: number): void;
  setTimeline(timeline: TrackTimeline): void;
  setActiveTracks(tracks: readonly TrackId[]): void;
  setSharing(sharing: SharingMode): void;
  close(): void;
}

export type MeshFactory = (
  player: Player,
  settings: {
    readonly options: ResolvedOptions;
    readonly identity: Content & { readonly peerId: PeerId; readonly trackerUrl: string; readonly sdk: string };
    readonly counters: Counters;
  },
  handlers: { changed(): void; convicted(peerId: PeerId): void },
) => MeshPart;
