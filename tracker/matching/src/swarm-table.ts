import type { Candidate, DeviceClass, PeerId, SharingMode, TrackId } from "@shoal/protocol";
import { Bucket, Buckets, type Place } from "./bucket.ts";
import { scoreOf } from "./score.ts";

/** What the table knows of one viewer. */
export interface Entry {
  readonly peerId: PeerId;
  readonly isp: string;
  readonly tracks: readonly TrackId[];
  readonly device: DeviceClass;
  readonly sharing: SharingMode;
  /** Connections it would still open. */
  readonly freeSlots: number;
  /** True for somebody who is no longer offered to others (convicted). */
  readonly withheld: boolean;
}

/** What may change of an {@link Entry}. */
export type EntryPatch = Partial<Omit<Entry, "peerId" | "isp">>;

/** Defaults of {@link SwarmTable}. */
export const MATCHING_DEFAULTS = {
  /** Up to this many viewers everybody is offered everybody, whatever the slots that are only reserved. */
  meshSize: 24,
  /** How long a slot that was handed out counts as taken, milliseconds. */
  reserveMs: 15_000,
  /** Share of an answer that comes from other ISPs where there are any. */
  elsewhere: 0.15,
  /** Random probes per level: (ISP, track), (ISP), (track), (all). */
  probes: [16, 8, 6, 6] as readonly [number, number, number, number],
};

interface Row {
  entry: Entry;
  /** Open reservations, oldest first. */
  reserved: Reservation[];
  /** False once the viewer left: reservations outlive it. */
  present: boolean;
  seen: number;
  places: [key: string, place: Place<Row>][];
  everywhere: Place<Row> | null;
}

interface Reservation {
  readonly row: Row;
  readonly untilMs: number;
}

/** The viewers of one swarm, and who is offered to whom, at a cost that does not grow with the swarm. */
export class SwarmTable {
  readonly #options: typeof MATCHING_DEFAULTS;
  readonly #rows = new Map<PeerId, Row>();
  readonly #all = new Bucket<Row>();
  readonly #buckets = new Buckets<Row>();
  readonly #isps = new Buckets<string>();
  readonly #ispPlaces = new Map<string, Place<string>>();
  readonly #viewers = new Map<TrackId, number>();
  #reservations: Reservation[] = [];
  #firstOpen = 0;
  #epoch = 0;

  constructor(options: Partial<typeof MATCHING_DEFAULTS> = {}) {
    this.#options = { ...MATCHING_DEFAULTS, ...options };
  }

  get size(): number {
    return this.#rows.size;
  }

  get(peerId: PeerId): Entry | undefined {
    return this.#rows.get(peerId)?.entry;
  }

  /** Viewers per track; a viewer of two tracks counts in both. */
  viewersByTrack(): ReadonlyMap<TrackId, number> {
    return this.#viewers;
  }

  /** Adds a viewer; one of the same id is replaced. */
  add(entry: Entry): void {
    this.remove(entry.peerId);
    const row: Row = { entry, reserved: [], present: true, seen: 0, places: [], everywhere: null };
    this.#rows.set(entry.peerId, row);
    this.#count(entry.tracks, 1);
    this.#place(row);
  }

  /** Changes what is known of a viewer; one who is not there is ignored. */
  update(peerId: PeerId, patch: EntryPatch): void {
    const row = this.#rows.get(peerId);
    if (!row) return;
    const before = row.entry;
    row.entry = { ...before, ...patch };
    if (patch.tracks) {
      this.#count(before.tracks, -1);
      this.#count(row.entry.tracks, 1);
    }
    // Connections that came about are now part of what the viewer says itself.
    const used = before.freeSlots - row.entry.freeSlots;
    if (used > 0) row.reserved.splice(0, used);
    this.#place(row);
  }

  remove(peerId: PeerId): void {
    const row = this.#rows.get(peerId);
    if (!row) return;
    row.present = false;
    this.#rows.delete(peerId);
    this.#count(row.entry.tracks, -1);
    this.#unplace(row);
  }

  /**
   * Whom a viewer should connect to, best first. Each has a slot reserved for some seconds.
   *
   * @param count at most this many
   * @param random draws from [0, 1)
   */
  pick(peerId: PeerId, count: number, nowMs: number, random: () => number): Candidate[] {
    this.#release(nowMs);
    const self = this.#rows.get(peerId);
    if (!self || self.entry.sharing === "off" || count <= 0) return [];
    const found = this.size <= this.#options.meshSize ? this.#everybody(self) : this.#probe(self, count, random);
    const offered = found.map((row) => this.#offer(self, row)).sort((a, b) => b.score - a.score);
    const chosen = this.#mix(offered, count);
    for (const { row } of chosen) this.#reserve(row, nowMs);
    return chosen.map(({ row, sameIsp, sameTrack }) => ({ peerId: row.entry.peerId, sameIsp, sameTrack }));
  }

  #offer(self: Row, row: Row) {
    const { entry } = row;
    const sameIsp = entry.isp === self.entry.isp;
    const sameTrack = entry.tracks.some((track) => self.entry.tracks.includes(track));
    const freeSlots = Math.max(0, entry.freeSlots - row.reserved.length);
    const score = scoreOf({ sameIsp, sameTrack, freeSlots, device: entry.device, sharing: entry.sharing });
    return { row, sameIsp, sameTrack, score };
  }

  /** The best, but some of them from other ISPs, so that none becomes an island. */
  #mix<T extends { readonly sameIsp: boolean }>(offered: readonly T[], count: number): readonly T[] {
    if (offered.length <= count) return offered;
    const far = offered.filter((offer) => !offer.sameIsp).slice(0, Math.ceil(count * this.#options.elsewhere));
    const near = offered.filter((offer) => !far.includes(offer)).slice(0, count - far.length);
    return offered.filter((offer) => near.includes(offer) || far.includes(offer));
  }

  #everybody(self: Row): Row[] {
    return [...this.#rows.values()].filter((row) => row !== self && row.entry.freeSlots > 0 && isOffered(row.entry));
  }

  #probe(self: Row, count: number, random: () => number): Row[] {
    const epoch = ++this.#epoch;
    self.seen = epoch;
    const found: Row[] = [];
    const take = (row: Row | undefined) => {
      if (!row || row.seen === epoch) return;
      row.seen = epoch;
      found.push(row);
    };
    const draw = (bucket: Bucket<Row> | undefined, probes: number) => {
      if (!bucket) return;
      const whole = bucket.size <= probes;
      for (let i = 0; i < Math.min(probes, bucket.size); i++) {
        take(bucket.at(whole ? i : Math.floor(random() * bucket.size)));
      }
    };
    const { isp, tracks } = self.entry;
    const [ispTrack, ispOnly, trackOnly, all] = this.#options.probes;
    for (const track of tracks) draw(this.#buckets.get(`${track} ${isp}`), Math.ceil(ispTrack / tracks.length));
    draw(this.#buckets.get(` ${isp}`), ispOnly);
    for (const track of tracks) draw(this.#buckets.get(track), Math.ceil(trackOnly / tracks.length));
    draw(this.#all, all);
    for (let i = Math.ceil(count * this.#options.elsewhere); i > 0; i--) take(this.#drawElsewhere(isp, random));
    // Probes that met somebody twice leave a short answer: walk on from a random place, a bounded way.
    const start = Math.floor(random() * this.#all.size);
    for (let i = 0; found.length < count && i < Math.min(2 * count, this.#all.size); i++) {
      take(this.#all.at((start + i) % this.#all.size));
    }
    return found;
  }

  /** Somebody of another ISP, each ISP as likely as the next: the small ones are those that become islands. */
  #drawElsewhere(isp: string, random: () => number): Row | undefined {
    const isps = this.#isps.get("");
    if (!isps) return undefined;
    const drawn = Math.floor(random() * isps.size);
    const other = isps.at(drawn) === isp ? isps.at((drawn + 1) % isps.size) : isps.at(drawn);
    const bucket = other === isp ? undefined : this.#buckets.get(` ${other}`);
    return bucket?.at(Math.floor(random() * bucket.size));
  }

  #reserve(row: Row, nowMs: number): void {
    const reservation = { row, untilMs: nowMs + this.#options.reserveMs };
    row.reserved.push(reservation);
    this.#reservations.push(reservation);
    if (row.entry.freeSlots - row.reserved.length <= 0) this.#place(row);
  }

  /** All reservations last equally long, so they end in the order they were made. */
  #release(nowMs: number): void {
    for (;;) {
      const next = this.#reservations[this.#firstOpen];
      if (!next || next.untilMs > nowMs) break;
      this.#firstOpen++;
      if (next.row.reserved[0] !== next) continue; // settled before
      next.row.reserved.shift();
      if (next.row.present) this.#place(next.row);
    }
    if (this.#firstOpen > 1024 && this.#firstOpen * 2 > this.#reservations.length) {
      this.#reservations = this.#reservations.slice(this.#firstOpen);
      this.#firstOpen = 0;
    }
  }

  /** Puts a viewer into the buckets of its ISP and tracks, or out of all of them while it has no slot to give. */
  #place(row: Row): void {
    const { entry } = row;
    const wanted = isOffered(entry) && entry.sharing === "full" && entry.freeSlots - row.reserved.length > 0;
    const keys = wanted ? keysOf(entry) : [];
    if (keys.length === row.places.length && keys.every((key, at) => row.places[at]?.[0] === key)) return;
    this.#unplace(row);
    if (!wanted) return;
    row.places = keys.map((key) => [key, this.#buckets.enter(key, row)]);
    row.everywhere = this.#all.enter(row);
    const { isp } = entry;
    if (!this.#ispPlaces.has(isp)) this.#ispPlaces.set(isp, this.#isps.enter("", isp));
  }

  #unplace(row: Row): void {
    for (const [key, place] of row.places) this.#buckets.leave(key, place);
    if (row.everywhere) this.#all.leave(row.everywhere);
    row.places = [];
    row.everywhere = null;
    const { isp } = row.entry;
    const ispPlace = this.#ispPlaces.get(isp);
    if (!ispPlace || this.#buckets.get(` ${isp}`)) return;
    this.#isps.leave("", ispPlace);
    this.#ispPlaces.delete(isp);
  }

  #count(tracks: readonly TrackId[], by: number): void {
    for (const track of new Set(tracks)) {
      const count = (this.#viewers.get(track) ?? 0) + by;
      if (count > 0) this.#viewers.set(track, count);
      else this.#viewers.delete(track);
    }
  }
}

const isOffered = (entry: Entry): boolean => !entry.withheld && entry.sharing !== "off";

/** Bucket keys: a track id has 16 digits, so the three forms cannot be confused. */
function keysOf(entry: Entry): string[] {
  const keys = [` ${entry.isp}`];
  for (const track of new Set(entry.tracks)) keys.push(track, `${track} ${entry.isp}`);
  return keys;
}
