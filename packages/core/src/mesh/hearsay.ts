import type { SegmentId } from "@shoal/protocol";
import type { Announcement } from "./copy.ts";
import type { Neighbour } from "./neighbour.ts";

/** A neighbour that said something of a segment, and what. */
export interface Hearing {
  readonly neighbour: Neighbour;
  readonly said: Announcement;
}

const NOBODY: readonly Hearing[] = [];

/** Who said something of a segment: what every neighbour announced, by segment. */
export class Hearsay {
  readonly #bySegment = new Map<SegmentId, Hearing[]>();

  of(id: SegmentId): readonly Hearing[] {
    return this.#bySegment.get(id) ?? NOBODY;
  }

  add(id: SegmentId, neighbour: Neighbour, said: Announcement): void {
    const heard = this.#bySegment.get(id);
    if (heard) heard.push({ neighbour, said });
    else this.#bySegment.set(id, [{ neighbour, said }]);
  }

  remove(id: SegmentId, neighbour: Neighbour): void {
    const heard = this.#bySegment.get(id);
    const at = heard?.findIndex((hearing) => hearing.neighbour === neighbour) ?? -1;
    if (!heard || at < 0) return;
    heard.splice(at, 1);
    if (heard.length === 0) this.#bySegment.delete(id);
  }
}
