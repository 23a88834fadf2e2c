import { ConfigError, type Log } from "@shoal/sealer";
import { Reader, type Response } from "mmdb-lib";
import { WatchedFile } from "../watched-file.ts";
import { firstOf, NOWHERE, readAsn, readCountry, readRegion, type Whereabouts } from "./whereabouts.ts";

/** Databases that say where addresses are; each is read again when its file changes. */
export class Databases {
  readonly #files: readonly WatchedFile<Reader<Response>>[];

  /** @throws ConfigError that names the file which is no MMDB */
  constructor(paths: readonly string[], log: Log) {
    this.#files = paths.map((path) => {
      try {
        return new WatchedFile(path, (bytes) => new Reader<Response>(bytes), log);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new ConfigError(`SHOAL_MMDB: ${path} cannot be read as an MMDB file: ${reason}`);
      }
    });
  }

  /** @param address without notations that only sockets use */
  find(address: string): Whereabouts {
    return this.#files.length === 0 ? NOWHERE : firstOf(...this.#files.map((file) => lookUp(file.value, address)));
  }

  /** Looks for changed files without waiting for the next poll. @returns how many were read again */
  look(): number {
    return this.#files.filter((file) => file.look()).length;
  }

  close(): void {
    for (const file of this.#files) file.close();
  }
}

/** Records as GeoLite2 and DB-IP have them (ASN, country, city), and IPinfo's flat ones. */
function lookUp(reader: Reader<Response>, address: string): Whereabouts {
  let record: Readonly<Record<string, unknown>> | null;
  try {
    record = reader.get(address) as Readonly<Record<string, unknown>> | null;
  } catch {
    return NOWHERE; // an IPv6 address and a database of IPv4 only, or a damaged record
  }
  if (typeof record !== "object" || record === null) return NOWHERE;
  const country = readCountry(record.country_code ?? property(record.country, "iso_code") ?? record.country);
  const subdivision = Array.isArray(record.subdivisions) ? property(record.subdivisions[0], "iso_code") : undefined;
  return {
    asn: readAsn(record.autonomous_system_number ?? record.asn),
    ispName: null,
    country,
    region: readRegion(country, subdivision ?? record.region_code),
  };
}

const property = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
