import {
  editionOf,
  HASH_BYTES,
  type PeerId,
  PIECE_SHIFT,
  type PieceFrame,
  pieceShiftFor,
  type Seal,
  type SegmentId,
  type SegmentNews,
} from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { CdnAnswer, Segment } from "../player.ts";
import { Copy } from "./copy.ts";
import type { Integrity } from "./integrity.ts";
import type { SealBook } from "./seal-book.ts";
import type { SegmentStore } from "./segment-store.ts";

/** What the shelf of copies is given. */
export interface CopiesRim {
  readonly store: SegmentStore;
  readonly integrity: Integrity;
  readonly seals: SealBook;
  readonly clock: Clock;
  /** What neighbours say of a segment. */
  readonly heard: (id: SegmentId) => readonly { readonly said: { readonly news: SegmentNews | null } }[];
}

/** What the shelf of copies tells. */
export interface CopiesHandlers {
  /** Pieces or the seal of a copy changed: there is something to announce, to play or to plan. */
  changed(copy: Copy): void;
  /** A copy is gone. */
  dropped(id: SegmentId): void;
  /** What a viewer sent is refuted by the seal. */
  convict(peerId: PeerId): void;
  /** Bytes were received and are of no use. */
  wasted(bytes: number): void;
  /** The CDN's bytes contradict the seal. */
  contradicted(copy: Copy): void;
}

/** Segments whose unsealed pieces from others are kept at one time. */
const MAX_QUARANTINED = 2;

/** Every copy this viewer holds or is getting, and the only room that touches their bytes. */
export class Copies {
  readonly #store: SegmentStore;
  readonly #integrity: Integrity;
  readonly #seals: SealBook;
  readonly #heard: CopiesRim["heard"];
  readonly #clock: Clock;
  readonly #handlers: CopiesHandlers;
  #budgetBytes: number;
  readonly #trustsPeers: boolean;
  readonly #copies = new Map<SegmentId, Copy>();
  /** All that lack something, and some that were completed since they were last looked at. */
  readonly #open = new Set<Copy>();

  /** @param limits.trustsPeers plays without seals: `integrity: "none"` */
  constructor(
    rim: CopiesRim,
    limits: { readonly budgetBytes: number; readonly trustsPeers: boolean },
    handlers: CopiesHandlers,
  ) {
    this.#store = rim.store;
    this.#integrity = rim.integrity;
    this.#seals = rim.seals;
    this.#heard = rim.heard;
    this.#clock = rim.clock;
    this.#budgetBytes = limits.budgetBytes;
    this.#trustsPeers = limits.trustsPeers;
    this.#handlers = handlers;
  }

  get storedBytes(): number {
    return this.#store.bytes;
  }

  all(): IterableIterator<Copy> {
    return this.#copies.values();
  }

  /** Those that are not complete: plans look at these alone, and at many more often than they change. */
  *open(): Iterable<Copy> {
    for (const copy of this.#open) {
      if (copy.complete) this.#open.delete(copy);
      else yield copy;
    }
  }

  get(id: SegmentId): Copy | undefined {
    return this.#copies.get(id);
  }

  /** The copy of a segment the player lists, begun if there is none. */
  begin(segment: Segment): Copy {
    const { id, trackId, previousId } = segment;
    const copy =
      this.#copies.get(id) ?? this.#add(id, { trackId, previousId, byteLength: 0, pieceShift: PIECE_SHIFT }, segment);
    if (copy.segment?.url !== segment.url) copy.cdnFailures = copy.cdnRetryMs = 0;
    copy.segment = segment;
    return copy;
  }

  /** A copy of a segment that a neighbour told of before our playlist did. */
  beginAhead(id: SegmentId, news: SegmentNews): Copy {
    return this.#copies.get(id) ?? this.#add(id, news, null);
  }

  /** How long a segment is, as a neighbour says; believed until its seal says otherwise. */
  claimLength(copy: Copy, { byteLength, pieceShift }: SegmentNews): void {
    if (copy.unshareable || copy.byteLength > 0 || byteLength === 0 || !this.fits({ byteLength })) return;
    copy.setLength(byteLength, pieceShift);
  }

  /** False for a segment so long that getting it from others would not leave room for anything else. */
  fits({ byteLength }: { readonly byteLength: number }): boolean {
    return byteLength <= this.#budgetBytes / 2;
  }

  /** Takes bytes that a neighbour sent. Returns how many were of use. */
  receive(copy: Copy, peerId: PeerId, frame: PieceFrame): number {
    const piece = copy.pieces[frame.piece];
    const { length } = copy.extent(frame.piece);
    const fits = piece && piece.receivedBytes === frame.offset && frame.offset + frame.bytes.length <= length;
    const fresh = !copy.seal || frame.edition === copy.edition || frame.edition === 0;
    const wanted = piece?.state === "asked" && piece.peerId === peerId && fits && fresh;
    if (!wanted || !this.#makeRoom(frame.bytes.length, copy)) {
      this.#handlers.wasted(frame.bytes.length);
      return 0;
    }
    this.#store.append(copy.id, frame.piece, frame.bytes);
    piece.receivedBytes += frame.bytes.length;
    piece.sinceMs = this.#clock.now();
    piece.edition = frame.edition;
    copy.peerBytes += frame.bytes.length;
    if (piece.receivedBytes === length) {
      copy.set(frame.piece, this.#trustsPeers ? "held" : "quarantined", this.#clock.now(), peerId);
      if (copy.seal) this.#check(copy, frame.piece);
      this.#handlers.changed(copy);
    }
    return frame.bytes.length;
  }

  /** A piece that was asked for will not come from there. */
  forgetPiece(copy: Copy, index: number): void {
    const { receivedBytes } = copy.pieces[index] ?? { receivedBytes: 0 };
    if (receivedBytes > 0) this.#handlers.wasted(receivedBytes);
    this.#store.dropPiece(copy.id, index);
    copy.set(index, "missing", this.#clock.now());
  }

  /** Forgets what a liar sent and nothing confirmed. */
  forgetFrom(copy: Copy, peerId: PeerId): void {
    for (const index of copy.in("asked", "quarantined")) {
      if (copy.pieces[index]?.peerId === peerId) this.forgetPiece(copy, index);
    }
  }

  /** Room for unsealed pieces of one more segment. */
  mayQuarantine(copy: Copy): boolean {
    if (copy.seal || this.#trustsPeers) return true;
    let others = 0;
    for (const other of this.#open) {
      if (other !== copy && !other.seal && other.count("asked", "quarantined") > 0) others++;
    }
    return others < MAX_QUARANTINED;
  }

  /** Takes what the CDN answered. The bytes are kept as they are: the player must be given a copy. */
  receiveCdn(copy: Copy, answer: CdnAnswer): void {
    copy.cdnBytes += answer.bytes.byteLength;
    if (answer.whole) this.#receiveWhole(copy, answer.bytes);
    else this.#receiveRange(copy, answer);
    this.#handlers.changed(copy);
  }

  /** A seal became known: everything held of its segment is measured by it. */
  applySeal(seal: Seal): void {
    const copy = this.#copies.get(seal.segmentId);
    if (!copy || copy.unshareable) return;
    const edition = editionOf(seal);
    if (copy.edition === edition) {
      copy.seal = seal;
      return;
    }
    this.#convictFalseEditions(copy, edition);
    const fromCdn = copy.count("own") === copy.pieces.length && copy.pieces.length > 0;
    if (fromCdn && copy.byteLength !== seal.byteLength) return this.#contradict(copy);
    if (fromCdn && copy.news.pieceShift !== seal.pieceShift) this.#cutAnew(copy, seal.pieceShift);
    if (copy.byteLength !== seal.byteLength || copy.news.pieceShift !== seal.pieceShift) {
      this.#handlers.wasted(this.#store.bytesOf(copy.id));
      this.#store.drop(copy.id);
      copy.setLength(seal.byteLength, seal.pieceShift);
    }
    if (copy.seal) {
      this.#store.drop(copy.id);
      copy.reset();
    }
    copy.seal = seal;
    copy.news = { ...copy.news, previousId: seal.previousId };
    for (const index of copy.in("own", "quarantined")) this.#check(copy, index);
    this.#handlers.changed(copy);
  }

  /** A copy of the bytes for the player; null if something is missing. */
  assemble(copy: Copy): ArrayBuffer | null {
    return copy.complete ? this.#store.assemble(copy.id, copy.pieces.length) : null;
  }

  /** The bytes of a piece that may be sent on. */
  read(id: SegmentId, piece: number): { readonly copy: Copy; readonly bytes: Uint8Array<ArrayBuffer> } | null {
    const copy = this.#copies.get(id);
    const state = copy?.pieces[piece]?.state;
    if (!copy || copy.unshareable || (state !== "held" && state !== "own")) return null;
    const bytes = this.#store.read(id, piece);
    return bytes ? { copy, bytes } : null;
  }

  drop(id: SegmentId): void {
    const copy = this.#copies.get(id);
    if (!copy) return;
    if (!copy.delivered) this.#handlers.wasted(copy.peerBytes);
    this.#copies.delete(id);
    this.#open.delete(copy);
    this.#store.drop(id);
    this.#handlers.dropped(id);
  }

  clear(): void {
    for (const id of [...this.#copies.keys()]) this.drop(id);
  }

  #add(id: SegmentId, news: SegmentNews, segment: Segment | null): Copy {
    const copy = new Copy(id, news, segment, this.#clock.now(), () => this.#open.add(copy));
    this.#open.add(copy);
    this.#copies.set(id, copy);
    const seal = this.#seals.get(id);
    if (seal) {
      copy.setLength(seal.byteLength, seal.pieceShift);
      copy.seal = seal;
    } else for (const { said } of this.#heard(id)) if (said.news) this.claimLength(copy, said.news);
    return copy;
  }

  /** How a segment is cut is its seal's word. What we cut otherwise before it came is cut again. */
  #cutAnew(copy: Copy, pieceShift: number): void {
    const bytes = this.#store.assemble(copy.id, copy.pieces.length);
    if (!bytes) return;
    copy.setLength(bytes.byteLength, pieceShift);
    copy.isWhole = true;
    this.#store.putWhole(copy.id, bytes, pieceShift);
    for (let index = 0; index < copy.pieces.length; index++) copy.set(index, "own", this.#clock.now());
  }

  #receiveWhole(copy: Copy, bytes: ArrayBuffer): void {
    const { seal } = copy;
    const shift = seal?.pieceShift ?? pieceShiftFor(bytes.byteLength);
    const held = this.#store.bytesOf(copy.id);
    if (held > 0) this.#handlers.wasted(held);
    this.#store.drop(copy.id);
    if (!this.#makeRoom(bytes.byteLength, copy)) {
      copy.reset();
      return;
    }
    copy.setLength(bytes.byteLength, shift);
    copy.reset();
    copy.seal = seal;
    copy.isWhole = true;
    this.#store.putWhole(copy.id, bytes, shift);
    for (let index = 0; index < copy.pieces.length; index++) copy.set(index, "own", this.#clock.now());
    if (seal && seal.byteLength !== bytes.byteLength) this.#contradict(copy);
    else if (seal) for (const index of copy.in("own")) this.#check(copy, index);
  }

  #receiveRange(copy: Copy, answer: CdnAnswer): void {
    const bytes = new Uint8Array(answer.bytes);
    for (let index = 0; index < copy.pieces.length; index++) {
      const { offset, length } = copy.extent(index);
      const from = offset - answer.offset;
      if (from < 0 || from + length > bytes.length || copy.pieces[index]?.state === "held") continue;
      this.#store.putPiece(copy.id, index, bytes.subarray(from, from + length));
      copy.set(index, "own", this.#clock.now());
      if (copy.seal) this.#check(copy, index);
    }
  }

  /** Compares a piece with its seal; meanwhile it is neither played nor sent on. Whole CDN answers are played already. */
  #check(copy: Copy, index: number): void {
    const { seal } = copy;
    const piece = copy.pieces[index];
    const bytes = this.#store.read(copy.id, index);
    if (!seal || !piece || !bytes) return;
    const { peerId, state } = piece;
    copy.set(index, "checking", this.#clock.now(), peerId);
    const expected = seal.hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    this.#integrity.sha256(bytes).then((hash) => {
      if (copy.seal !== seal || copy.pieces[index] !== piece || this.#copies.get(copy.id) !== copy) return;
      if (hash.every((byte, at) => byte === expected[at])) {
        copy.set(index, "held", this.#clock.now(), peerId);
      } else if (state === "own") {
        this.#contradict(copy);
      } else {
        this.#handlers.wasted(bytes.length);
        this.#store.dropPiece(copy.id, index);
        copy.set(index, "missing", this.#clock.now());
        if (peerId) this.#handlers.convict(peerId);
      }
      this.#handlers.changed(copy);
    });
  }

  /**
   * The viewer believes the CDN: a whole answer stays playable and is shared with nobody. Ranges were laid out by the seal's
   * word for the length, so they are forgotten with it, and the CDN is asked for all of it.
   */
  #contradict(copy: Copy): void {
    copy.seal = null;
    copy.unshareable = true;
    this.#seals.forget(copy.id);
    if (copy.isWhole) for (const index of copy.in("checking", "held")) copy.set(index, "own", this.#clock.now());
    else {
      this.#handlers.wasted(this.#store.bytesOf(copy.id));
      this.#store.drop(copy.id);
      copy.setLength(0, PIECE_SHIFT);
    }
    this.#handlers.contradicted(copy);
  }

  /** Whoever said "my bytes are of edition e" while no true seal ever named e has lied. */
  #convictFalseEditions(copy: Copy, edition: number): void {
    for (const index of copy.in("quarantined")) {
      const piece = copy.pieces[index];
      if (!piece?.peerId || piece.edition === 0 || piece.edition === edition) continue;
      const { peerId } = piece;
      this.#store.dropPiece(copy.id, index);
      copy.set(index, "missing", this.#clock.now());
      if (!this.#seals.everTrue(copy.id, piece.edition)) this.#handlers.convict(peerId);
    }
  }

  /** Another bound: what no longer fits is dropped, what was played longest ago first. */
  set budgetBytes(bytes: number) {
    this.#budgetBytes = bytes;
    for (const copy of [...this.#copies.values()].sort((a, b) => Number(b.delivered) - Number(a.delivered))) {
      if (this.#store.bytes <= bytes) return;
      this.drop(copy.id);
    }
  }

  /** Drops what was played longest ago until so many bytes more fit into the budget. False if they do not. */
  #makeRoom(bytes: number, keep: Copy): boolean {
    if (this.#store.bytes + bytes <= this.#budgetBytes) return true;
    for (const copy of [...this.#copies.values()]) {
      if (copy === keep || !copy.delivered) continue;
      this.drop(copy.id);
      if (this.#store.bytes + bytes <= this.#budgetBytes) return true;
    }
    return false;
  }
}
