import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import { subscriberOf } from "@shoal/matching";

/**
 * Sockets per subscriber line. Keeps no address: the key is an HMAC under a key that this process drew and nobody knows,
 * and it is forgotten with the line's last socket.
 */
export class AddressLimit {
  readonly #secret = createSecretKey(randomBytes(32));
  readonly #open = new Map<string, number>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Lines with an open socket. */
  get size(): number {
    return this.#open.size;
  }

  keyOf(address: string): string {
    return createHmac("sha256", this.#secret).update(subscriberOf(address)).digest("base64url").slice(0, 22);
  }

  isFull(key: string): boolean {
    return (this.#open.get(key) ?? 0) >= this.#limit;
  }

  enter(key: string): void {
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
  }

  leave(key: string): void {
    const left = (this.#open.get(key) ?? 0) - 1;
    if (left > 0) this.#open.set(key, left);
    else this.#open.delete(key);
  }
}
