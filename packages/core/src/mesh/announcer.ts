import { encodeFrame, type HaveFrame, NO_SEGMENT, type SegmentId } from "@shoal/protocol";
import type { Copy } from "./copy.ts";
import type { Neighbour } from "./neighbour.ts";

/** Copies told to a new neighbour. */
const GREETED_COPIES = 64;
/** Up to so many copies their seals go with the greeting; the others' are asked for. */
const GREETED_SEALS = 12;

/** Tells neighbours what we hold and fetch; only changes are said. */
export class Announcer {
  readonly #neighbours: () => readonly Neighbour[];
  readonly #uploads: () => boolean;
  /** What was last said of each segment. */
  readonly #said = new Map<SegmentId, string>();

  /** @param uploads false while nothing is sent to others: then nothing is announced */
  constructor(neighbours: () => readonly Neighbour[], uploads: () => boolean) {
    this.#neighbours = neighbours;
    this.#uploads = uploads;
  }

  /** Says what a new neighbour may ask for. */
  greet(neighbour: Neighbour, copies: Iterable<Copy>): void {
    if (!this.#uploads()) return;
    const told = [...copies].filter((copy) => copy.shareable().length > 0).slice(-GREETED_COPIES);
    for (const copy of told) {
      if (copy.seal && told.length <= GREETED_SEALS) neighbour.sendSeal(copy.seal);
      neighbour.send(haveOf(copy));
    }
  }

  /** Says what is held or coming of a copy, with its seal. */
  announce(copy: Copy): void {
    if (!this.#uploads() || copy.unshareable) return;
    const have = haveOf(copy);
    if (have.held.length === 0 && have.coming.length === 0) return;
    const said = JSON.stringify([have.edition, have.held, have.coming]);
    if (this.#said.get(copy.id) === said) return;
    this.#said.set(copy.id, said);
    const bytes = encodeFrame(have);
    for (const neighbour of this.#neighbours()) {
      if (copy.seal) neighbour.sendSeal(copy.seal);
      neighbour.link.send(bytes);
    }
  }

  /** Says that a CDN request for a copy began, or came to nothing. */
  announceFetch(copy: Copy, fetching: boolean): void {
    if (fetching || copy.shareable().length > 0) this.announce(copy);
    else this.withdraw(copy.id);
  }

  /** Takes back what was said of a segment. */
  withdraw(id: SegmentId): void {
    if (!this.#said.delete(id)) return;
    for (const neighbour of this.#neighbours()) neighbour.send({ type: "drop", segmentIds: [id] });
  }
}

function haveOf(copy: Copy): HaveFrame {
  const held = copy.seal ? copy.held() : copy.shareable();
  return {
    type: "have",
    segmentId: copy.id,
    edition: copy.edition,
    news: { ...copy.news, previousId: copy.segment?.previousId ?? copy.news.previousId ?? NO_SEGMENT },
    complete: copy.seal ? copy.sealed : copy.complete,
    held,
    coming: copy.cdnSinceMs === null ? [] : [{ first: 0, count: Math.max(1, copy.pieces.length) }],
  };
}
