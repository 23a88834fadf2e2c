import { BlockList, isIP } from "node:net";
import { ispGroupOf } from "@shoal/matching";
import { ConfigError } from "@shoal/sealer";

/** Headers as Node gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Where a viewer is, as far as limits and matching need it. The address goes no further than the caller. */
export interface Origin {
  readonly address: string;
  readonly isp: string;
}

/** Decides whom a connection comes from, and in which ISP group it is. */
export class OriginReader {
  readonly #trusted = new BlockList();
  readonly #ispHeader: string;
  readonly #ispFromQuery: boolean;

  /** @throws ConfigError where a proxy is neither an address nor a CIDR */
  constructor(options: {
    readonly trustedProxies: readonly string[];
    readonly ispHeader: string;
    readonly ispFromQuery: boolean;
  }) {
    for (const proxy of options.trustedProxies) addBlock(this.#trusted, proxy);
    this.#ispHeader = options.ispHeader.toLowerCase();
    this.#ispFromQuery = options.ispFromQuery;
  }

  /**
   * @param remote address of the TCP connection
   * @param queryIsp what the socket's URL says; believed in tests only
   */
  read(remote: string, headers: Headers, queryIsp: unknown): Origin {
    const proxied = this.#isTrusted(remote);
    const address = proxied ? this.#clientOf(remote, headers) : remote;
    const named = proxied && this.#ispHeader !== "" ? plainIsp(headers[this.#ispHeader]) : null;
    const claimed = this.#ispFromQuery ? plainIsp(queryIsp) : null;
    const isp = claimed !== null ? `test:${claimed}` : named !== null ? `isp:${named}` : ispGroupOf(address);
    return { address, isp };
  }

  /** The last address of X-Forwarded-For that no trusted proxy has: what stands before it, anybody may have written. */
  #clientOf(remote: string, headers: Headers): string {
    const header = headers["x-forwarded-for"];
    const hops = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").map((hop) => hop.trim());
    let client = remote;
    for (const hop of hops.reverse()) {
      if (isIP(hop) === 0) break;
      client = hop;
      if (!this.#isTrusted(hop)) break;
    }
    return client;
  }

  #isTrusted(address: string): boolean {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    const version = isIP(plain);
    return version !== 0 && this.#trusted.check(plain, version === 4 ? "ipv4" : "ipv6");
  }
}

function addBlock(list: BlockList, text: string): void {
  const [address = "", bits] = text.split("/");
  const version = isIP(address);
  const length = bits === undefined ? (version === 4 ? 32 : 128) : Number(bits);
  if (version === 0 || !Number.isInteger(length) || length < 0 || length > (version === 4 ? 32 : 128)) {
    throw new ConfigError(`SHOAL_TRUSTED_PROXIES must be a list of addresses or CIDRs; "${text}" is neither.`);
  }
  list.addSubnet(address, length, version === 4 ? "ipv4" : "ipv6");
}

const plainIsp = (value: unknown): string | null =>
  typeof value === "string" && /^[\w .:-]{1,64}$/.test(value) ? value : null;
