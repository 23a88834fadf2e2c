import type { DeviceClass, NatClass, PeerId, SharingMode, TrackId } from "@shoal/protocol";

/** Whom a viewer may meet at all: everybody (`null`), or only who is in the same site, ISP or country. */
export type Inside = "site" | "isp" | "country" | null;

/** What the table knows of one viewer. */
export interface Entry {
  readonly peerId: PeerId;
  readonly isp: string;
  /** Of these, the first {@link MATCHED_TRACKS} count for the match. */
  readonly tracks: readonly TrackId[];
  readonly device: DeviceClass;
  readonly sharing: SharingMode;
  /** Connections it would still open. */
  readonly freeSlots: number;
  /** True for somebody who is no longer offered to others (convicted). */
  readonly withheld: boolean;
  /** Such as `DE-BY`; absent or `null` while unknown. */
  readonly region?: string | null;
  readonly country?: string | null;
  /** Office or venue. */
  readonly site?: string | null;
  readonly nat?: NatClass;
  /** On demand: position less the time at which it was there, milliseconds; the same for all who play abreast. */
  readonly playOffsetMs?: number | null;
  /** True once it was measured sending. */
  readonly proven?: boolean;
  /** When offers to it last came to nothing, milliseconds. */
  readonly failedMs?: number | null;
  readonly inside?: Inside;
}

/** What may change of an {@link Entry}. */
export type EntryPatch = Partial<Omit<Entry, "peerId" | "isp">>;

/** Tracks of a viewer that count for the match: a picture, its sound, and two to spare. */
export const MATCHED_TRACKS = 4;
/** Viewers whose play offsets differ by less meet first, milliseconds. */
export const WINDOW_MS = 60_000;
