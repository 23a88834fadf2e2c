import type { PeerId, SharingMode, TrackId } from "@shoal/protocol";
import type { DeviceLimits, Policy } from "./mesh/device.ts";
import type { ProbeVerdict } from "./mesh/probe.ts";
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
  /** See `ShoalStats.session`. */
  readonly session: string | null;
  load(request: LoadRequest): LoadTask | null;
  adopt(segment: Segment, bytes: ArrayBuffer, durationMs: number): void;
  setTimeline(timeline: TrackTimeline): void;
  setActiveTracks(tracks: readonly TrackId[]): void;
  /** @param bound what the device's rules allow; remote configuration may lift it, the viewer's own choice stands */
  setSharing(sharing: SharingMode, bound: SharingMode): void;
  /** What remote configuration says of sharing; null where it says nothing. */
  readonly remoteSharing: SharingMode | null;
  close(): void;
}

export type MeshFactory = (
  player: Player,
  settings: {
    readonly options: ResolvedOptions & DeviceLimits;
    /** See {@link MeshPart.setSharing}. */
    readonly bound: SharingMode;
    readonly identity: Content & { readonly peerId: PeerId; readonly trackerUrl: string; readonly sdk: string };
    readonly counters: Counters;
  },
  handlers: { changed(): void; convicted(peerId: PeerId): void },
) => MeshPart;

/** What loads after playback has begun. */
export interface MeshModule {
  readonly createMesh: MeshFactory;
  /** Whether data channels work here: tried once, then remembered. */
  readonly probe: (onLeave: (callback: () => void) => () => void) => Promise<ProbeVerdict>;
  /** Tells what the device's rules come to, at once and at each change; the returned function ends it. */
  readonly watchPolicy: (options: ResolvedOptions, changed: (policy: Policy) => void) => () => void;
}
