import { isIP } from "node:net";
import { ispGroupOf } from "@shoal/matching";
import type { Log } from "@shoal/sealer";
import { Cidrs, plainAddress } from "./cidr.ts";
import { type HeaderForm, type Headers, headerForm } from "./isp-headers.ts";
import { Databases } from "./mmdb.ts";
import { firstOf, NOWHERE } from "./whereabouts.ts";

/** Where a viewer is, as far as limits and matching need it. The address goes no further than the caller. */
export interface Place {
  readonly address: string;
  /** Group of viewers of one ISP: an operator, an AS, a name or an address block. */
  readonly isp: string;
  /** ISO 3166-1, two letters; `null` while unknown. */
  readonly country: string | null;
  /** Such as `DE-BY`; `null` while unknown. */
  readonly region: string | null;
  /** The office or venue whose addresses the operator named; `null`: none. */
  readonly site: string | null;
}

export interface PlaceOptions {
  readonly trustedProxies: readonly string[];
  readonly ispHeader: string;
  readonly ispFromQuery: boolean;
  /** Paths of MMDB files. */
  readonly mmdb: readonly string[];
  /** AS numbers of one operator, by its name. */
  readonly ispSiblings: Readonly<Record<string, readonly number[]>>;
  /** Address blocks of offices, by their names. */
  readonly sites: Readonly<Record<string, readonly string[]>>;
}

/** Decides where a connection comes from. */
export class PlaceReader {
  readonly #trusted: Cidrs;
  readonly #header: HeaderForm | null;
  readonly #ispFromQuery: boolean;
  readonly #databases: Databases;
  readonly #operators = new Map<number, string>();
  readonly #sites: readonly (readonly [name: string, blocks: Cidrs])[];

  /** @throws ConfigError where a proxy or site is no CIDR, or a database cannot be read */
  constructor(options: PlaceOptions, log: Log) {
    this.#trusted = new Cidrs(options.trustedProxies, "SHOAL_TRUSTED_PROXIES");
    this.#header = options.ispHeader === "" ? null : headerForm(options.ispHeader);
    this.#ispFromQuery = options.ispFromQuery;
    for (const [operator, numbers] of Object.entries(options.ispSiblings)) {
      for (const asn of numbers) this.#operators.set(asn, operator);
    }
    this.#sites = Object.entries(options.sites).map(([name, blocks]) => [name, new Cidrs(blocks, "SHOAL_SITES")]);
    this.#databases = new Databases(options.mmdb, log);
  }

  /**
   * @param remote address of the TCP connection
   * @param queryIsp what the socket's URL says; believed in tests only
   */
  read(remote: string, headers: Headers, queryIsp: unknown): Place {
    const proxied = this.#trusted.has(remote);
    const address = plainAddress(proxied ? this.#clientOf(remote, headers) : remote);
    const said = proxied && this.#header ? this.#header(headers) : NOWHERE;
    const { asn, ispName, country, region } = firstOf(said, this.#databases.find(address));
    const claimed = this.#ispFromQuery && typeof queryIsp === "string" && /^[\w .:-]{1,64}$/.test(queryIsp);
    const named = asn !== null ? this.#operatorOf(asn) : ispName !== null ? `isp:${ispName}` : ispGroupOf(address);
    const site = this.#sites.find(([, blocks]) => blocks.has(address))?.[0] ?? null;
    return { address, isp: claimed ? `test:${queryIsp}` : named, country, region, site };
  }

  /** Looks for changed databases without waiting for the next poll. @returns how many were read again */
  look(): number {
    return this.#databases.look();
  }

  close(): void {
    this.#databases.close();
  }

  #operatorOf(asn: number): string {
    const operator = this.#operators.get(asn);
    return operator === undefined ? `as:${asn}` : `op:${operator}`;
  }

  /** The last address of X-Forwarded-For that no trusted proxy has: what stands before it, anybody may have written. */
  #clientOf(remote: string, headers: Headers): string {
    const header = headers["x-forwarded-for"];
    const hops = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").map((hop) => hop.trim());
    let client = remote;
    for (const hop of hops.reverse()) {
      if (isIP(hop) === 0) break;
      client = hop;
      if (!this.#trusted.has(hop)) break;
    }
    return client;
  }
}
