import type { NatClass, Signal } from "@shoal/protocol";

/**
 * Finds out how our NAT maps ports, from what one connection says to the other side: with two STUN servers, a NAT that
 * maps by receiver shows two ports for one local one (RFC 4787).
 */
export class NatWatch {
  class: NatClass = "unknown";
  #base = "";
  #port = "";

  /** A signal of ours is on its way. */
  saw({ peerId, attempt, data }: Signal): void {
    data.replace(/(\d+) typ srflx (raddr \S+ rport \d+)/g, (_, port: string, base: string) => {
      const local = peerId + attempt + base;
      this.#base ||= local;
      if (local !== this.#base) return "";
      this.#port ||= port;
      if (port !== this.#port) this.class = "symmetric";
      else if (this.class === "unknown") this.class = "cone";
      return "";
    });
  }
}
