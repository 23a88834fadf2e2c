import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "@shoal/sealer";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { type MmdbValue, writeMmdb } from "./mmdb.fixture.ts";
import { type PlaceOptions, PlaceReader } from "./place-reader.ts";

const closing: (() => void)[] = [];
const lines: string[] = [];
const log = createLog("tracker", "info", (line) => lines.push(line));

afterEach(() => {
  for (const close of closing.splice(0)) close();
  lines.length = 0;
});

const DEFAULTS: PlaceOptions = {
  trustedProxies: ["10.0.0.0/8", "fd00::/8"],
  ispHeader: "X-ISP",
  ispFromQuery: false,
  mmdb: [],
  ispSiblings: {},
  sites: {},
};

function reader(more: Partial<PlaceOptions> = {}): PlaceReader {
  const made = new PlaceReader({ ...DEFAULTS, ...more }, log);
  closing.push(() => made.close());
  return made;
}

describe("headers", () => {
  it("are believed from trusted proxies only", () => {
    const headers = { "x-forwarded-for": "203.0.113.9", "x-isp": "AS64500" };
    expect(reader().read("10.1.2.3", headers, undefined)).toMatchObject({ address: "203.0.113.9", isp: "as:64500" });
    expect(reader().read("::ffff:10.1.2.3", headers, undefined).address).toBe("203.0.113.9");
    expect(reader().read("198.51.100.7", headers, undefined)).toMatchObject({
      address: "198.51.100.7",
      isp: "4:198.51",
    });
    const named = { "x-forwarded-for": "203.0.113.9", "x-isp": "Telco North" };
    expect(reader().read("10.1.2.3", named, undefined).isp).toBe("isp:Telco North");
  });

  it("name the address that the last trusted proxy saw, not what the viewer wrote before it", () => {
    const headers = { "x-forwarded-for": "1.2.3.4, 203.0.113.9, 10.9.9.9" };
    expect(reader().read("fd00::1", headers, undefined)).toMatchObject({ address: "203.0.113.9", isp: "4:203.0" });
    expect(reader().read("10.0.0.1", { "x-forwarded-for": "nonsense" }, undefined).address).toBe("10.0.0.1");
  });

  it("have the form of the CDN that writes them", () => {
    const place = (ispHeader: string, headers: Record<string, string>) => {
      const { isp, country, region } = reader({ ispHeader }).read("10.0.0.1", headers, undefined);
      return [isp, country, region];
    };
    expect(
      place("cloudfront", {
        "cloudfront-viewer-asn": "3320",
        "cloudfront-viewer-country": "DE",
        "cloudfront-viewer-country-region": "BY",
      }),
    ).toEqual(["as:3320", "DE", "DE-BY"]);
    const edgescape = "georegion=263,country_code=US,region_code=MA,city=CAMBRIDGE,asnum=20940,network_type=cable";
    expect(place("akamai", { "x-akamai-edgescape": edgescape })).toEqual(["as:20940", "US", "US-MA"]);
    const ours = { "shoal-asn": "701", "shoal-country": "us", "shoal-region": "US-NY" };
    expect(place("fastly", ours)).toEqual(["as:701", "US", "US-NY"]);
    expect(place("cloudflare", { "shoal-asn": "AS701", "cf-ipcountry": "US" })).toEqual(["as:701", "US", null]);
    expect(place("cloudflare", { "cf-ipcountry": "XX" })).toEqual(["4:10.0", null, null]);
  });

  it("may hold anything", () => {
    const made = [
      ...["cloudfront", "akamai", "fastly", "cloudflare", "x-isp"].map((ispHeader) => reader({ ispHeader })),
    ];
    const names = [
      "x-akamai-edgescape",
      "cloudfront-viewer-asn",
      "shoal-asn",
      "cf-ipcountry",
      "x-isp",
      "x-forwarded-for",
    ];
    const headers = fc.record(Object.fromEntries(names.map((name) => [name, fc.string()])), { requiredKeys: [] });
    fc.assert(
      fc.property(fc.string(), headers, (remote, said) => {
        for (const one of made)
          for (const from of [remote, "10.0.0.1"]) expect(one.read(from, said, said).isp).not.toBe("");
      }),
      { seed: 3 },
    );
  });
});

it("lets a viewer name its ISP only where a test asked for it", () => {
  expect(reader().read("198.51.100.7", {}, "b").isp).toBe("4:198.51");
  expect(reader({ ispFromQuery: true }).read("198.51.100.7", {}, "b").isp).toBe("test:b");
});

it("names the proxy, site or database that it cannot read", () => {
  expect(() => reader({ trustedProxies: ["load-balancer"] })).toThrow("load-balancer");
  expect(() => reader({ trustedProxies: ["10.0.0.0/99"] })).toThrow("SHOAL_TRUSTED_PROXIES");
  expect(() => reader({ sites: { hq: ["10.0.0.0/x"] } })).toThrow("SHOAL_SITES");
  expect(() => reader({ mmdb: ["/nowhere.mmdb"] })).toThrow("/nowhere.mmdb");
});

describe("databases", () => {
  const RECORDS: Readonly<Record<string, MmdbValue>> = {
    "203.0.113.0/24": { autonomous_system_number: 64_500, autonomous_system_organization: "Telco" },
    "198.51.100.0/25": { asn: "AS64501", country_code: "FR" },
    "192.0.2.0/24": { autonomous_system_number: 64_503 },
    "2001:db8::/32": {
      autonomous_system_number: 64_502,
      country: { iso_code: "DE", names: { en: "Germany" } },
      subdivisions: [{ iso_code: "BY" }],
    },
  };

  function fileWith(records: Readonly<Record<string, MmdbValue>>) {
    const folder = mkdtempSync(join(tmpdir(), "shoal-mmdb-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "asn.mmdb");
    const replace = (bytes: Buffer) => {
      writeFileSync(`${path}.new`, bytes);
      renameSync(`${path}.new`, path);
    };
    replace(writeMmdb(records));
    return { path, replace };
  }

  it("know IPv4, IPv6 and mapped addresses, and say nothing of others", () => {
    const { path } = fileWith(RECORDS);
    const made = reader({ mmdb: [path] });
    const at = (remote: string) => {
      const { isp, country, region } = made.read(remote, {}, undefined);
      return [isp, country, region];
    };
    expect(at("203.0.113.77")).toEqual(["as:64500", null, null]);
    expect(at("::ffff:203.0.113.77")).toEqual(["as:64500", null, null]);
    expect(at("198.51.100.5")).toEqual(["as:64501", "FR", null]);
    expect(at("198.51.100.200")).toEqual(["4:198.51", null, null]);
    expect(at("2001:db8:7::1")).toEqual(["as:64502", "DE", "DE-BY"]);
    expect(at("2001:db9::1")).toEqual(["6:2001:db9", null, null]);
    expect(at("not an address")).toEqual(["unknown", null, null]);
  });

  it("give way to a trusted proxy's word, and complete it", () => {
    const { path } = fileWith({ "203.0.113.0/24": { asn: "AS1", country_code: "DE" } });
    const headers = { "x-forwarded-for": "203.0.113.9", "x-isp": "64500" };
    expect(reader({ mmdb: [path] }).read("10.0.0.1", headers, undefined)).toMatchObject({
      isp: "as:64500",
      country: "DE",
    });
  });

  it("put the systems of one operator into one group", () => {
    const { path } = fileWith(RECORDS);
    const made = reader({ mmdb: [path], ispSiblings: { telco: [64_500, 64_503] } });
    expect(made.read("203.0.113.1", {}, undefined).isp).toBe("op:telco");
    expect(made.read("192.0.2.1", {}, undefined).isp).toBe("op:telco");
    expect(made.read("198.51.100.1", {}, undefined).isp).toBe("as:64501");
  });

  it("are read again when their file is replaced; a broken one is reported once and changes nothing", () => {
    const { path, replace } = fileWith(RECORDS);
    const made = reader({ mmdb: [path] });
    const isp = () => made.read("203.0.113.1", {}, undefined).isp;
    replace(writeMmdb({ "203.0.113.0/24": { autonomous_system_number: 65_001 } }));
    expect(made.look()).toBe(1);
    expect(isp()).toBe("as:65001");
    replace(Buffer.from("no database"));
    expect([made.look(), made.look()]).toEqual([0, 0]);
    expect(isp()).toBe("as:65001");
    expect(lines.filter((line) => line.includes("file-not-reloaded"))).toHaveLength(1);
    rmSync(path);
    expect(made.look()).toBe(0);
    expect(isp()).toBe("as:65001");
  });
});

it("knows an office by its addresses", () => {
  const made = reader({ sites: { hq: ["203.0.113.0/24", "2001:db8::/48"] } });
  expect(made.read("203.0.113.8", {}, undefined).site).toBe("hq");
  expect(made.read("2001:db8:0:5::1", {}, undefined).site).toBe("hq");
  expect(made.read("203.0.114.8", {}, undefined).site).toBeNull();
});
