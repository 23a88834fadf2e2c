import { DEVICE_CLASSES, NAT_CLASSES, type PeerId, SHARING_MODES } from "@shoal/protocol";
import { type Entry, type Inside, MATCHED_TRACKS, WINDOW_MS } from "./entry.ts";
import { Numbering } from "./numbering.ts";

/**
 * Columns of a row: 16 numbers of 32 bits, as much as a line of a processor's cache. Arrays do not begin where a line does,
 * so what an answer reads of each row stands first, and what it seldom reads last.
 */
export const COLUMNS = 16;
/** Number of the answer that met this row last. */
export const SEEN = 0;
/** Several small words, as the masks and shifts below say. */
export const TRAITS = 1;
export const ISP = 2;
export const REGION = 3;
export const SITE = 4;
export const WINDOW = 5;
export const FREE_SLOTS = 6;
/** Handed out and neither connected nor given back: the low 16 bits; above: settled before their time. */
export const RESERVED = 7;
/** Where the row can be drawn: {@link CLOSED}, {@link OPEN} or {@link SPARE}. */
export const STATE = 8;
/** Seconds; 0 never. */
export const FAILED_S = 9;
/** Rises when a place is used again: who remembers a row remembers this too. */
export const LIFE = 10;
/** The first of {@link MATCHED_TRACKS}. */
export const TRACK = 11;
export const COUNTRY = 15;

export const NO_WINDOW = -0x8000_0000;
export const CLOSED = 0;
export const OPEN = 1;
/** It has slots, and all of them are reserved. */
export const SPARE = 2;
/** Shifts within {@link TRAITS}; two bits each, the device four. */
export const SHARING = 0;
export const NAT = 2;
export const INSIDE = 4;
export const DEVICE = 6;
export const TWO_BITS = 3;
export const FOUR_BITS = 15;
export const WITHHELD = 0x400;
export const PROVEN = 0x800;
export const FULL = SHARING_MODES.indexOf("full");
export const OFF = SHARING_MODES.indexOf("off");
export const SYMMETRIC = NAT_CLASSES.indexOf("symmetric");
export const CONE = NAT_CLASSES.indexOf("cone");
export const INSIDES: readonly Inside[] = [null, "country", "isp", "site"];

const AHEAD = new Int32Array(128);

/**
 * Reads something of each of `rows`, from one place to another, which will all be looked at soon: a processor waits for many
 * lines of memory in the time of one, where no decision lies between.
 */
export function readAhead(numbers: Int32Array, rows: Int32Array, from: number, to: number): void {
  for (let at = from; at < to; at++) AHEAD[at & 127] = numbers[(rows[at] ?? 0) * COLUMNS] ?? 0;
}

/** Viewers as rows of numbers, in one array: a row is a place that is used again. */
export class Rows {
  numbers = new Int32Array(COLUMNS * 64);
  readonly #entries: (Entry | undefined)[] = [];
  readonly #peerIds: (PeerId | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #isps = new Numbering();
  readonly #regions = new Numbering();
  readonly #countries = new Numbering();
  readonly #sites = new Numbering();
  readonly #tracks = new Numbering();

  entry(row: number): Entry | undefined {
    return this.#entries[row];
  }

  peerId(row: number): PeerId | undefined {
    return this.#peerIds[row];
  }

  get(row: number, column: number): number {
    return this.numbers[row * COLUMNS + column] ?? 0;
  }

  set(row: number, column: number, value: number): void {
    this.numbers[row * COLUMNS + column] = value;
  }

  /** @returns the row's number */
  add(entry: Entry): number {
    const row = this.#free.pop() ?? this.#entries.length;
    if ((row + 1) * COLUMNS > this.numbers.length) {
      const grown = new Int32Array(this.numbers.length * 2);
      grown.set(this.numbers);
      this.numbers = grown;
    }
    const life = this.get(row, LIFE);
    this.numbers.fill(0, row * COLUMNS, (row + 1) * COLUMNS);
    this.set(row, LIFE, (life + 1) | 0);
    this.#peerIds[row] = entry.peerId;
    this.set(row, ISP, this.#isps.take(entry.isp));
    this.#write(row, entry);
    return row;
  }

  change(row: number, entry: Entry): void {
    this.#release(row);
    this.#write(row, entry);
  }

  /** Changes what the row's numbers for names do not depend on. */
  setFreeSlots(row: number, entry: Entry): void {
    this.#entries[row] = entry;
    this.set(row, FREE_SLOTS, entry.freeSlots);
  }

  remove(row: number): void {
    this.#release(row);
    this.#isps.release(this.get(row, ISP));
    this.#entries[row] = undefined;
    this.#peerIds[row] = undefined;
    this.set(row, LIFE, (this.get(row, LIFE) + 1) | 0);
    this.#free.push(row);
  }

  #write(row: number, entry: Entry): void {
    this.#entries[row] = entry;
    const { nat = "unknown", playOffsetMs = null, failedMs = null, inside = null } = entry;
    this.set(row, REGION, this.#regions.take(entry.region));
    this.set(row, COUNTRY, this.#countries.take(entry.country));
    this.set(row, SITE, this.#sites.take(entry.site));
    for (let at = 0; at < MATCHED_TRACKS; at++) this.set(row, TRACK + at, this.#tracks.take(entry.tracks[at]));
    const words =
      (SHARING_MODES.indexOf(entry.sharing) << SHARING) |
      (NAT_CLASSES.indexOf(nat) << NAT) |
      (INSIDES.indexOf(inside) << INSIDE) |
      (DEVICE_CLASSES.indexOf(entry.device) << DEVICE);
    this.set(row, TRAITS, words | (entry.withheld ? WITHHELD : 0) | (entry.proven ? PROVEN : 0));
    this.set(row, FREE_SLOTS, entry.freeSlots);
    this.set(row, WINDOW, playOffsetMs === null ? NO_WINDOW : Math.floor(playOffsetMs / WINDOW_MS) | 0);
    this.set(row, FAILED_S, failedMs === null ? 0 : Math.max(1, Math.floor(failedMs / 1_000) | 0));
  }

  #release(row: number): void {
    this.#regions.release(this.get(row, REGION));
    this.#countries.release(this.get(row, COUNTRY));
    this.#sites.release(this.get(row, SITE));
    for (let at = 0; at < MATCHED_TRACKS; at++) this.#tracks.release(this.get(row, TRACK + at));
  }
}
