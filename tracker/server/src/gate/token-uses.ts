import type { PeerId } from "@shoal/protocol";

/** A peer that moves opens its new socket before the old one is closed. */
const MOST_SOCKETS = 2;

interface Use {
  readonly peerId: PeerId;
  sockets: number;
}

/** Which peer uses which token id: one at a time. Known for this process only. */
export class TokenUses {
  readonly #uses = new Map<string, Use>();

  /** Token ids in use. */
  get size(): number {
    return this.#uses.size;
  }

  /** @returns why this peer may not use the token now, or `null` where it may; then {@link leave} must follow */
  enter(tenant: string, tokenId: string, peerId: PeerId): string | null {
    const key = keyOf(tenant, tokenId);
    const use = this.#uses.get(key);
    if (!use) {
      this.#uses.set(key, { peerId, sockets: 1 });
      return null;
    }
    if (use.peerId !== peerId) return "The token is in use by another viewer.";
    if (use.sockets >= MOST_SOCKETS) return "The token is in use on two sockets already.";
    use.sockets++;
    return null;
  }

  leave(tenant: string, tokenId: string): void {
    const key = keyOf(tenant, tokenId);
    const use = this.#uses.get(key);
    if (!use) return;
    use.sockets--;
    if (use.sockets <= 0) this.#uses.delete(key);
  }
}

const keyOf = (tenant: string, tokenId: string): string => `${tenant}/${tokenId}`;
