import { HOLDERS_PER_CLUSTER, sealHolders } from "@shoal/matching";
import type { PeerId, Seal, SegmentId } from "@shoal/protocol";

interface Shelved {
  readonly seal: Seal;
  readonly holders: Map<PeerId, string>;
}

const KEPT = 32;

/**
 * Who is given a seal: matching's `sealHolders` for a new one; whoever joins or announces a segment is given what fewer
 * than four viewers of its ISP have. The tracker's shelf in `tracker/server` does the same for many tracks.
 */
export class SealDesk {
  readonly #viewers = new Map<PeerId, string>();
  readonly #seals = new Map<SegmentId, Shelved>();
  readonly #asked = new Map<SegmentId, Set<PeerId>>();

  enter(peerId: PeerId, isp: string): void {
    this.#viewers.set(peerId, isp);
  }

  leave(peerId: PeerId): void {
    this.#viewers.delete(peerId);
    for (const { holders } of this.#seals.values()) holders.delete(peerId);
  }

  /** A new seal. @returns whom to give it */
  put(seal: Seal): readonly PeerId[] {
    const { segmentId } = seal;
    const asked = this.#asked.get(segmentId);
    this.#asked.delete(segmentId);
    const viewers = [...this.#viewers].map(([peerId, isp]) => ({ peerId, isp }));
    const chosen = sealHolders(
      segmentId,
      viewers,
      () => false,
      (peerId) => asked?.has(peerId) ?? false,
    );
    const holders = new Map(chosen.map((peerId) => [peerId, this.#viewers.get(peerId) ?? ""]));
    this.#seals.set(segmentId, { seal, holders });
    for (const id of this.#seals.keys()) {
      if (this.#seals.size <= KEPT) break;
      this.#seals.delete(id);
    }
    return chosen;
  }

  /** Seals that a newcomer should have. */
  topUp(peerId: PeerId): readonly Seal[] {
    return [...this.#seals.values()].filter((shelved) => this.#give(shelved, peerId)).map(({ seal }) => seal);
  }

  /** A viewer announced a segment. @returns its seal if the viewer should have it, or that the sealer is to be told */
  news(peerId: PeerId, id: SegmentId): Seal | "tell-sealer" | null {
    const shelved = this.#seals.get(id);
    if (shelved) return this.#give(shelved, peerId) ? shelved.seal : null;
    const asked = this.#asked.get(id) ?? new Set();
    this.#asked.set(id, asked);
    if (asked.size < HOLDERS_PER_CLUSTER * 8) asked.add(peerId);
    return asked.size === 1 ? "tell-sealer" : null;
  }

  #give({ holders }: Shelved, peerId: PeerId): boolean {
    const isp = this.#viewers.get(peerId);
    if (isp === undefined || holders.has(peerId)) return false;
    let held = 0;
    for (const other of holders.values()) if (other === isp) held++;
    if (held >= HOLDERS_PER_CLUSTER) return false;
    holders.set(peerId, isp);
    return true;
  }
}
