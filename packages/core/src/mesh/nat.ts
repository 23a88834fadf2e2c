import type { NatClass, Signal } from "@shoal/protocol";

/**
 * Finds out how our NAT maps ports, from what one connection says to the other side: with two STUN servers, a NAT that
 * maps by receiver shows two ports for one local one (RFC 4787). With one server everybody looks like a cone, which is no worse
 * than not to know.
 */
export class NatWatch {
  class: NatClass = "unknown";
  #base = "";
  #port = "";

  /** A signal of ours is on its way. */
  saw({ peerId, attempt, data }: Signal): void {
    data.replace(/(\d+) typ srflx (raddr \S+ rport \d+)/g, (_, port: string, base: string) => {
      const local = peerId + attempt + base;
      if (!this.#base) {
        this.#base = local;
        this.#port = port;
        this.class = "cone";
      } else if (local === this.#base && port !== this.#port) this.class = "symmetric";
      return base;
    });
  }
}
