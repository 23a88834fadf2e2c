/** What a Range header asks of a body. Offsets are inclusive, in bytes. */
export type RangeAnswer =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly first: number; readonly last: number }
  | { readonly kind: "unsatisfiable" };

/**
 * Reads a Range header, RFC 9110, section 14. One range, closed (`0-9`), open (`10-`) or suffix (`-10`); what cannot be
 * read, another unit and several ranges at once are answered with the whole, as the RFC allows.
 */
export function parseRange(header: string | undefined, sizeBytes: number): RangeAnswer {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? "");
  const [, from = "", to = ""] = match ?? [];
  if (match === null || (from === "" && to === "")) return { kind: "whole" };
  if (from !== "" && to !== "" && Number(to) < Number(from)) return { kind: "whole" };
  const first = from === "" ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const last = from === "" || to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  return first > last ? { kind: "unsatisfiable" } : { kind: "part", first, last };
}
