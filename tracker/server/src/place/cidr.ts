import { BlockList, isIP } from "node:net";
import { ConfigError } from "@shoal/sealer";

/** An address without the notations that only sockets use: IPv4-mapped IPv6, zones. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");

/** A set of addresses, from addresses and CIDRs. */
export class Cidrs {
  readonly #list = new BlockList();

  /** @throws ConfigError where one is neither an address nor a CIDR. @param variable what to name in it */
  constructor(blocks: readonly string[], variable: string) {
    for (const text of blocks) {
      const [address = "", bits] = text.split("/");
      const version = isIP(address);
      const most = version === 4 ? 32 : 128;
      const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
      if (version === 0 || length < 0 || length > most) {
        throw new ConfigError(`${variable} must be a list of addresses or CIDRs; "${text}" is neither.`);
      }
      this.#list.addSubnet(address, length, version === 4 ? "ipv4" : "ipv6");
    }
  }

  has(address: string): boolean {
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && this.#list.check(plain, version === 4 ? "ipv4" : "ipv6");
  }
}
