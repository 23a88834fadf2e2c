import { type PeerId, type SegmentId, toRanges } from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { Copies } from "./copies.ts";
import type { Copy } from "./copy.ts";
import type { Neighbour } from "./neighbour.ts";

/** What asking neighbours needs from around it. */
export interface PeerRequestsRim {
  readonly clock: Clock;
  readonly copies: Copies;
  readonly neighbours: () => readonly Neighbour[];
}

/** The engine's requests to neighbours: pieces are asked for, given up where nothing comes, and taken back from who is gone. */
export class PeerRequests {
  readonly #rim: PeerRequestsRim;

  constructor(rim: PeerRequestsRim) {
    this.#rim = rim;
  }

  ask(copy: Copy, peerId: PeerId, pieces: readonly number[]): void {
    const neighbour = this.#neighbour(peerId);
    if (!neighbour || !this.#rim.copies.mayQuarantine(copy)) return;
    const nowMs = this.#rim.clock.now();
    const edition = neighbour.announced(copy.id)?.edition ?? 0;
    if (!copy.seal && edition !== 0) neighbour.wantSeal(copy.id, nowMs);
    for (const index of pieces) {
      copy.set(index, "asked", nowMs, peerId);
      neighbour.asked(copy.extent(index).length, nowMs);
    }
    neighbour.send({ type: "request", segmentId: copy.id, edition, withinMs: 0, pieces: toRanges(pieces) });
  }

  giveUp(copy: Copy, peerId: PeerId, pieces: readonly number[]): void {
    this.#neighbour(peerId)?.send({ type: "cancel", segmentId: copy.id, pieces: toRanges(pieces) });
    for (const index of pieces) this.#takeBack(copy, index, true);
  }

  /** A neighbour will not send these pieces; of all segments if `id` is null, all of them if `pieces` is. */
  released(peerId: PeerId, id: SegmentId | null, pieces: ReadonlySet<number> | null): void {
    for (const copy of this.#rim.copies.open()) {
      if (id !== null && copy.id !== id) continue;
      for (const index of copy.in("asked")) {
        if (copy.pieces[index]?.peerId !== peerId || (pieces && !pieces.has(index))) continue;
        this.#takeBack(copy, index, false);
      }
    }
  }

  #takeBack(copy: Copy, index: number, late: boolean): void {
    const piece = copy.pieces[index];
    if (piece?.state !== "asked") return;
    const neighbour = this.#neighbour(piece.peerId);
    neighbour?.released(copy.extent(index).length - piece.receivedBytes, late, this.#rim.clock.now());
    this.#rim.copies.forgetPiece(copy, index);
  }

  #neighbour(peerId: PeerId | null): Neighbour | undefined {
    return this.#rim.neighbours().find((other) => other.peerId === peerId);
  }
}
