/** Rows without gaps, so that one can be drawn at random in one step. */
export class Bucket {
  readonly key: number;
  readonly id: number;
  size = 0;
  #rows = new Int32Array(4);
  /** Which of its row's memberships an item is. */
  #slots = new Uint8Array(4);

  constructor(key: number, id: number) {
    this.key = key;
    this.id = id;
  }

  /** -1 where there is none. */
  at(index: number): number {
    return index < this.size ? (this.#rows[index] ?? -1) : -1;
  }

  slotAt(index: number): number {
    return this.#slots[index] ?? 0;
  }

  push(row: number, slot: number): number {
    if (this.size === this.#rows.length) {
      const [rows, slots] = [new Int32Array(this.size * 2), new Uint8Array(this.size * 2)];
      rows.set(this.#rows);
      slots.set(this.#slots);
      this.#rows = rows;
      this.#slots = slots;
    }
    this.#rows[this.size] = row;
    this.#slots[this.size] = slot;
    return this.size++;
  }

  /** Moves the last item to `index` and shortens the bucket by one. */
  fill(index: number): void {
    this.size--;
    this.#rows[index] = this.#rows[this.size] ?? 0;
    this.#slots[index] = this.#slots[this.size] ?? 0;
  }
}

/** Buckets by key. Each row is in up to `slots` of them and knows its place in each, so that leaving costs no search. */
export class Buckets {
  readonly #slots: number;
  readonly #byKey = new Map<number, Bucket>();
  readonly #byId: (Bucket | undefined)[] = [];
  readonly #freeIds: number[] = [];
  /** By row and slot: id of the bucket plus 1, and the place in it. */
  #ids: Int32Array;
  #places: Int32Array;

  constructor(slots: number) {
    this.#slots = slots;
    this.#ids = new Int32Array(slots * 64);
    this.#places = new Int32Array(slots * 64);
  }

  /** Buckets with anybody in them. */
  get size(): number {
    return this.#byKey.size;
  }

  get(key: number): Bucket | undefined {
    return this.#byKey.get(key);
  }

  /** The row must not be in a bucket with this slot. @returns true where it is the bucket's first */
  enter(row: number, slot: number, key: number): boolean {
    const at = row * this.#slots + slot;
    if (at >= this.#ids.length) this.#grow(at);
    let bucket = this.#byKey.get(key);
    const isFirst = bucket === undefined;
    if (!bucket) {
      const id = this.#freeIds.pop() ?? this.#byId.length;
      bucket = new Bucket(key, id);
      this.#byId[id] = bucket;
      this.#byKey.set(key, bucket);
    }
    this.#ids[at] = bucket.id + 1;
    this.#places[at] = bucket.push(row, slot);
    return isFirst;
  }

  /** @returns true where the bucket is empty now, and gone */
  leave(row: number, slot: number): boolean {
    const at = row * this.#slots + slot;
    const bucket = this.#byId[(this.#ids[at] ?? 0) - 1];
    if (!bucket) return false;
    const place = this.#places[at] ?? 0;
    this.#ids[at] = 0;
    bucket.fill(place);
    const moved = bucket.at(place);
    if (moved >= 0) this.#places[moved * this.#slots + bucket.slotAt(place)] = place;
    if (bucket.size > 0) return false;
    this.#byKey.delete(bucket.key);
    this.#byId[bucket.id] = undefined;
    this.#freeIds.push(bucket.id);
    return true;
  }

  #grow(at: number): void {
    const length = Math.max(this.#ids.length * 2, at + 1);
    const [ids, places] = [new Int32Array(length), new Int32Array(length)];
    ids.set(this.#ids);
    places.set(this.#places);
    this.#ids = ids;
    this.#places = places;
  }
}
