/** One item's place in one bucket. Kept by the item, so that leaving costs no search. */
export interface Place<T> {
  readonly item: T;
  readonly bucket: Bucket<T>;
  /** Index in the bucket; changes when another item leaves. */
  index: number;
}

/** Items without gaps, so that one can be drawn at random in one step; leaving moves the last item into the gap. */
export class Bucket<T> {
  readonly #places: Place<T>[] = [];

  get size(): number {
    return this.#places.length;
  }

  at(index: number): T | undefined {
    return this.#places[index]?.item;
  }

  enter(item: T): Place<T> {
    const place = { item, bucket: this, index: this.#places.length };
    this.#places.push(place);
    return place;
  }

  /** Takes an item out. Must be called once for each place. */
  leave(place: Place<T>): void {
    const last = this.#places.pop();
    if (!last || last === place) return;
    this.#places[place.index] = last;
    last.index = place.index;
  }
}

/** Buckets by key; one exists only while somebody is in it. */
export class Buckets<T> {
  readonly #byKey = new Map<string, Bucket<T>>();

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): Bucket<T> | undefined {
    return this.#byKey.get(key);
  }

  enter(key: string, item: T): Place<T> {
    let bucket = this.#byKey.get(key);
    if (!bucket) {
      bucket = new Bucket();
      this.#byKey.set(key, bucket);
    }
    return bucket.enter(item);
  }

  leave(key: string, place: Place<T>): void {
    place.bucket.leave(place);
    if (place.bucket.size === 0) this.#byKey.delete(key);
  }
}
