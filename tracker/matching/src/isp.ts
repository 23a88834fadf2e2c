/**
 * The ISP group of an address where nobody says the ISP: its IPv4 /16 or IPv6 /32.
 *
 * Providers hold their addresses in blocks of about that size. A prefix that is too long splits one provider into
 * groups that each fetch their own copy from the CDN; one that is too short pairs a few neighbours across providers.
 * The first is dearer, so the prefix is short. IPv4-mapped IPv6 addresses count as IPv4. The result is no address and
 * may be kept.
 *
 * @returns `"unknown"` where the text is not an address
 */
export function ispGroupOf(address: string): string {
  const plain = address
    .trim()
    .replace(/^\[|\]$/g, "")
    .replace(/%.*$/, "")
    .toLowerCase();
  const v4 = readIpv4(plain);
  if (v4) return `4:${v4[0]}.${v4[1]}`;
  const v6 = readIpv6(plain);
  if (!v6) return "unknown";
  const mapped = v6.slice(0, 5).every((word) => word === 0) && v6[5] === 0xffff;
  if (mapped) return `4:${(v6[6] ?? 0) >> 8}.${(v6[6] ?? 0) & 255}`;
  return `6:${hex(v6[0])}:${hex(v6[1])}`;
}

/**
 * The part of an address that stands for one subscriber line: the IPv4 address itself, or the IPv6 /64. Key limits on a
 * keyed hash of it, never on the text.
 *
 * @returns the input where it is not an address
 */
export function subscriberOf(address: string): string {
  const plain = address
    .trim()
    .replace(/^\[|\]$/g, "")
    .replace(/%.*$/, "")
    .toLowerCase();
  const v4 = readIpv4(plain);
  if (v4) return v4.join(".");
  const v6 = readIpv6(plain);
  if (!v6) return plain;
  const mapped = v6.slice(0, 5).every((word) => word === 0) && v6[5] === 0xffff;
  if (mapped)
    return v6
      .slice(6)
      .flatMap((word) => [word >> 8, word & 255])
      .join(".");
  return v6.slice(0, 4).map(hex).join(":");
}

const hex = (word: number | undefined): string => (word ?? 0).toString(16);

function readIpv4(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null;
  return parts.map(Number);
}

/** Eight 16-bit words of an IPv6 address, with `::` and a dotted tail resolved. */
function readIpv6(text: string): number[] | null {
  const halves = text.split("::");
  if (!text.includes(":") || halves.length > 2) return null;
  const head = readWords(halves[0] ?? "");
  const tail = halves.length === 2 ? readWords(halves[1] ?? "") : [];
  if (!head || !tail) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function readWords(text: string): number[] | null {
  if (text === "") return [];
  const words: number[] = [];
  const parts = text.split(":");
  for (const [at, part] of parts.entries()) {
    const dotted = at === parts.length - 1 ? readIpv4(part) : null;
    if (dotted) {
      const [a = 0, b = 0, c = 0, d = 0] = dotted;
      words.push((a << 8) | b, (c << 8) | d);
    } else if (/^[0-9a-f]{1,4}$/.test(part)) words.push(Number.parseInt(part, 16));
    else return null;
  }
  return words;
}
