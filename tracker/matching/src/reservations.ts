import { LIFE, RESERVED, type Rows, readAhead } from "./rows.ts";

const SETTLED = 0x1_0000;
/** Rows that are read together. */
const READ_AHEAD = 32;

/** Slots that were handed out and count as taken for a while. All last equally long, so they end in the order they were made. */
export class Reservations {
  readonly #lastMs: number;
  #rows = new Int32Array(256);
  #lives = new Int32Array(256);
  #untilMs = new Float64Array(256);
  #first = 0;
  #end = 0;

  /** @param lastMs how long one lasts, milliseconds */
  constructor(lastMs: number) {
    this.#lastMs = lastMs;
  }

  add(rows: Rows, row: number, nowMs: number): void {
    if (this.#end === this.#rows.length) this.#makeRoom();
    this.#rows[this.#end] = row;
    this.#lives[this.#end] = rows.get(row, LIFE);
    this.#untilMs[this.#end] = nowMs + this.#lastMs;
    this.#end++;
    rows.set(row, RESERVED, rows.get(row, RESERVED) + 1);
  }

  /** So many of a row's slots became connections: they are part of what it says itself now. */
  settle(rows: Rows, row: number, used: number): void {
    const reserved = rows.get(row, RESERVED);
    const settled = Math.min(used, reserved & 0xffff);
    rows.set(row, RESERVED, reserved - settled + settled * SETTLED);
  }

  /** Ends what has lasted long enough. @param released is told each row that has a slot more now */
  release(rows: Rows, nowMs: number, released: (row: number) => void): void {
    while (this.#first < this.#end && (this.#untilMs[this.#first] ?? 0) <= nowMs) {
      if (this.#first % READ_AHEAD === 0) {
        readAhead(rows.numbers, this.#rows, this.#first, Math.min(this.#first + READ_AHEAD, this.#end));
      }
      const row = this.#rows[this.#first] ?? 0;
      const life = this.#lives[this.#first] ?? 0;
      this.#first++;
      if (rows.get(row, LIFE) !== life) continue; // the viewer left
      const reserved = rows.get(row, RESERVED);
      if (reserved >= SETTLED) rows.set(row, RESERVED, reserved - SETTLED);
      else {
        rows.set(row, RESERVED, reserved - 1);
        released(row);
      }
    }
    if (this.#first === this.#end) {
      this.#first = 0;
      this.#end = 0;
    }
  }

  #makeRoom(): void {
    const open = this.#end - this.#first;
    const length = open * 2 > this.#rows.length ? this.#rows.length * 2 : this.#rows.length;
    const [rows, lives, untilMs] = [new Int32Array(length), new Int32Array(length), new Float64Array(length)];
    rows.set(this.#rows.subarray(this.#first, this.#end));
    lives.set(this.#lives.subarray(this.#first, this.#end));
    untilMs.set(this.#untilMs.subarray(this.#first, this.#end));
    this.#rows = rows;
    this.#lives = lives;
    this.#untilMs = untilMs;
    this.#first = 0;
    this.#end = open;
  }
}
