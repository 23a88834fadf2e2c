/** A WebM file with its index before its clusters, and where things lie in it. Offsets in bytes. */
export interface WebmFile {
  readonly bytes: Uint8Array;
  /** Everything before the index. */
  readonly init: { readonly offset: number; readonly length: number };
  /** The Cues element: from which second on which cluster lies where. */
  readonly index: { readonly offset: number; readonly length: number };
}

const SEGMENT = 0x18538067;
const CUES = 0x1c53bb6b;
const CLUSTER = 0x1f43b675;

/** Finds index and first cluster (RFC 8794 elements, Matroska ids). @throws Error where the index is not before them */
export function readWebm(bytes: Uint8Array): WebmFile {
  let at = 0;
  let cues: WebmFile["index"] | null = null;
  while (at < bytes.length) {
    const id = number(bytes, at, false);
    const size = number(bytes, at + id.length, true);
    const bodyAt = at + id.length + size.length;
    if (id.value === CUES) cues = { offset: at, length: bodyAt + size.value - at };
    if (id.value === CLUSTER) break;
    // Of the Segment, what lies inside it.
    at = id.value === SEGMENT ? bodyAt : bodyAt + size.value;
  }
  if (!cues) throw new Error("The WebM file has no index before its first cluster.");
  return { bytes, init: { offset: 0, length: cues.offset }, index: cues };
}

/** An EBML number: as many zero bits lead as bytes follow. @param bare without the bit that marks the length */
function number(bytes: Uint8Array, at: number, bare: boolean): { readonly value: number; readonly length: number } {
  const first = bytes[at] ?? 0;
  const length = Math.clz32(first) - 23;
  let value = bare ? first & (0xff >> length) : first;
  for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return { value, length };
}
