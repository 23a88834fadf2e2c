import { toHex } from "@shoal/protocol";

/** Stands in for the `randombytes` package. */
export default function randomBytes(count: number): { toString(): string } {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  return { toString: () => toHex(bytes) };
}
