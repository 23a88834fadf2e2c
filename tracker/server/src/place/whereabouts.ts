/** What somebody says of where an address is; `null`: nothing. */
export interface Whereabouts {
  /** Autonomous system number. */
  readonly asn: number | null;
  /** A name of the ISP that is no number. */
  readonly ispName: string | null;
  /** ISO 3166-1, two letters. */
  readonly country: string | null;
  /** Country and subdivision, such as `DE-BY`. */
  readonly region: string | null;
}

export const NOWHERE: Whereabouts = { asn: null, ispName: null, country: null, region: null };

/** The first answer to each question. */
export function firstOf(...answers: readonly Whereabouts[]): Whereabouts {
  const known = answers.find(({ asn, ispName }) => asn !== null || ispName !== null) ?? NOWHERE;
  const country = answers.find((answer) => answer.country !== null)?.country ?? null;
  const region = answers.find((answer) => answer.region !== null && answer.country === country)?.region ?? null;
  return { asn: known.asn, ispName: known.ispName, country, region };
}

/** `64500`, `"64500"` or `"AS64500"`. */
export function readAsn(value: unknown): number | null {
  const digits = /^(?:AS)?(\d{1,10})$/i.exec(String(value).trim())?.[1];
  const asn = Number(digits);
  return digits !== undefined && asn > 0 && asn < 2 ** 32 ? asn : null;
}

/** @returns `null` also for `XX`, `T1` and others that say "unknown" or "Tor" */
export function readCountry(value: unknown): string | null {
  const country = typeof value === "string" ? value.trim().toUpperCase() : "";
  return /^[A-Z]{2}$/.test(country) && country !== "XX" && country !== "ZZ" ? country : null;
}

/** A subdivision as `DE-BY`, whether it was given so or without its country. */
export function readRegion(country: string | null, value: unknown): string | null {
  const code = typeof value === "string" ? value.trim().toUpperCase() : "";
  if (country === null || !/^[A-Z0-9-]{1,6}$/.test(code)) return null;
  return code.startsWith(`${country}-`) ? code : `${country}-${code}`;
}
