import type { PeerId } from "@shoal/protocol";
import type { Entry, EntryPatch } from "./entry.ts";
import type { SwarmTable } from "./swarm-table.ts";

/** What came of a match. */
export interface Mesh {
  readonly viewers: number;
  readonly connections: number;
  /** Groups of viewers with no connection between them; 1 is one swarm. */
  readonly components: number;
  /** Share of connections within one ISP. */
  readonly sameIsp: number;
  /** Most connections of one viewer over the mean. */
  readonly busiest: number;
}

interface Member {
  readonly isp: string;
  readonly maxPeers: number;
  readonly neighbours: Set<PeerId>;
}

/** A viewer opens this share of what it wants at once; the rest is for those who come later. */
const OPENS = 0.5;
/** Share of attempts that become connections; NATs and those who leave cost the others. */
const SUCCEEDS = 0.8;

/** Viewers that connect to those they are offered, as real ones do: what a table's answers make of an audience. */
export class Audience {
  readonly #table: SwarmTable;
  readonly #random: () => number;
  readonly #members = new Map<PeerId, Member>();
  /** Candidates that were offered, and how many of them were of the same ISP. */
  offered = 0;
  offeredSameIsp = 0;

  constructor(table: SwarmTable, random: () => number) {
    this.#table = table;
    this.#random = random;
  }

  get size(): number {
    return this.#members.size;
  }

  get peers(): readonly PeerId[] {
    return [...this.#members.keys()];
  }

  /** A viewer comes. The slots of its entry are how many neighbours it takes. */
  join(entry: Entry): void {
    this.leave(entry.peerId);
    this.#members.set(entry.peerId, { isp: entry.isp, maxPeers: entry.freeSlots, neighbours: new Set() });
    this.#table.add(entry);
  }

  update(peerId: PeerId, patch: EntryPatch): void {
    const { freeSlots: _, ...rest } = patch;
    if (this.#members.has(peerId)) this.#table.update(peerId, rest);
  }

  leave(peerId: PeerId): void {
    const member = this.#members.get(peerId);
    if (!member) return;
    this.#members.delete(peerId);
    this.#table.remove(peerId);
    for (const other of member.neighbours) {
      this.#members.get(other)?.neighbours.delete(peerId);
      this.#tellSlots(other);
    }
  }

  /** A viewer asks for candidates and connects to the first of them that have room. */
  ask(peerId: PeerId, count: number, nowMs: number): void {
    const self = this.#members.get(peerId);
    if (!self) return;
    const candidates = this.#table.pick(peerId, count, nowMs, this.#random);
    this.offered += candidates.length;
    for (const { sameIsp } of candidates) if (sameIsp) this.offeredSameIsp++;
    let wanted = Math.ceil((self.maxPeers - self.neighbours.size) * OPENS);
    for (const { peerId: other } of candidates) {
      const member = this.#members.get(other);
      if (wanted <= 0 || !member || self.neighbours.has(other)) continue;
      wanted--;
      if (member.neighbours.size >= member.maxPeers || this.#random() >= SUCCEEDS) continue;
      self.neighbours.add(other);
      member.neighbours.add(peerId);
      this.#tellSlots(other);
    }
    this.#tellSlots(peerId);
  }

  /** Everybody with room asks again. */
  askAll(count: number, nowMs: number): void {
    for (const [peerId, { maxPeers, neighbours }] of this.#members) {
      if (neighbours.size < maxPeers) this.ask(peerId, Math.min(count, maxPeers - neighbours.size), nowMs);
    }
  }

  mesh(): Mesh {
    let connections = 0;
    let same = 0;
    let most = 0;
    for (const { isp, neighbours } of this.#members.values()) {
      connections += neighbours.size;
      most = Math.max(most, neighbours.size);
      for (const other of neighbours) if (this.#members.get(other)?.isp === isp) same++;
    }
    const viewers = this.#members.size;
    return {
      viewers,
      connections: connections / 2,
      components: this.#components(),
      sameIsp: connections === 0 ? 0 : same / connections,
      busiest: connections === 0 ? 0 : most / (connections / viewers),
    };
  }

  #components(): number {
    const seen = new Set<PeerId>();
    let components = 0;
    for (const peerId of this.#members.keys()) {
      if (seen.has(peerId)) continue;
      components++;
      const open = [peerId];
      seen.add(peerId);
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        for (const other of this.#members.get(at)?.neighbours ?? []) {
          if (seen.has(other)) continue;
          seen.add(other);
          open.push(other);
        }
      }
    }
    return components;
  }

  #tellSlots(peerId: PeerId): void {
    const member = this.#members.get(peerId);
    if (member) this.#table.update(peerId, { freeSlots: member.maxPeers - member.neighbours.size });
  }
}
