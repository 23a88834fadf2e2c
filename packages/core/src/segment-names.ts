import { type ByteRange, type SegmentId, segmentIdOf, segmentName } from "@shoal/protocol/names";

/** How segments get their names. */
export interface Naming {
  /** A path that ends with `/`. */
  readonly mediaBase: string;
  readonly segmentId: ((url: string) => string) | null;
}

const MOST_KNOWN = 20_000;

/** Ids of what playlists list. Remembers them: a playlist is read again and again. */
export class SegmentNames {
  readonly #naming: Naming;
  readonly #known = new Map<string, SegmentId>();

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  idOf(url: string, range: ByteRange | null): SegmentId {
    const key = range ? `${url}#${range.first}-${range.last}` : url;
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size > MOST_KNOWN) this.#known.clear();
    const id = segmentIdOf(this.#nameOf(url, range));
    this.#known.set(key, id);
    return id;
  }

  #nameOf(url: string, range: ByteRange | null): string {
    const { mediaBase, segmentId } = this.#naming;
    if (!segmentId) return segmentName(url, mediaBase, range ?? undefined);
    return range ? `${segmentId(url)}#${range.first}-${range.last}` : segmentId(url);
  }
}
