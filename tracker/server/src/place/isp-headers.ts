import { NOWHERE, readAsn, readCountry, readRegion, type Whereabouts } from "./whereabouts.ts";

/** Headers as Node gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Reads what a proxy says in its headers. */
export type HeaderForm = (headers: Headers) => Whereabouts;

/** Three headers, each with one answer. */
const three =
  (asnHeader: string, countryHeader: string, regionHeader: string): HeaderForm =>
  (headers) => {
    const country = readCountry(headers[countryHeader]);
    return {
      asn: readAsn(headers[asnHeader]),
      ispName: null,
      country,
      region: readRegion(country, headers[regionHeader]),
    };
  };

/** Akamai: `georegion=263,country_code=US,region_code=MA,…,asnum=20940`. */
const edgescape: HeaderForm = (headers) => {
  const header = headers["x-akamai-edgescape"];
  if (typeof header !== "string") return NOWHERE;
  const fields = new Map(
    header.split(",").map((field) => {
      const [name = "", value = ""] = field.split("=");
      return [name.trim().toLowerCase(), value.trim()];
    }),
  );
  const country = readCountry(fields.get("country_code"));
  // Several systems may announce one address: `asnum=64500 64501`.
  const asn = readAsn(fields.get("asnum")?.split(" ")[0]);
  return { asn, ispName: null, country, region: readRegion(country, fields.get("region_code")) };
};

const ours = three("shoal-asn", "shoal-country", "shoal-region");

/** Forms by the name under which `SHOAL_ISP_HEADER` chooses them. */
export const HEADER_FORMS: Readonly<Record<string, HeaderForm>> = {
  cloudfront: three("cloudfront-viewer-asn", "cloudfront-viewer-country", "cloudfront-viewer-country-region"),
  akamai: edgescape,
  fastly: ours,
  cloudflare: (headers) => {
    const said = ours(headers);
    return said.country === null ? { ...said, country: readCountry(headers["cf-ipcountry"]) } : said;
  },
  shoal: ours,
};

/** @param name a form's name, or that of a header with an ASN or a name of the ISP */
export function headerForm(name: string): HeaderForm {
  const form = Object.hasOwn(HEADER_FORMS, name.toLowerCase()) ? HEADER_FORMS[name.toLowerCase()] : undefined;
  if (form) return form;
  const header = name.toLowerCase();
  return (headers) => {
    const value = headers[header];
    if (typeof value !== "string" || !/^[\w .:-]{1,64}$/.test(value)) return NOWHERE;
    const asn = readAsn(value);
    return { ...NOWHERE, asn, ispName: asn === null ? value : null };
  };
}
